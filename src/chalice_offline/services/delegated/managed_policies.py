"""AWS's managed policies, read once: moto reads all 1,500 of them anew for every account.

Their objects are each account's own, for they count who has them; what they say is shared.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any


def install() -> None:
    """Have moto's IAM hold the managed policies, which is much to hold for who does not use IAM.

    Roles get them attached by their names. Backends of IAM that were made before are without.
    """
    from moto.core.config import default_user_config
    from moto.iam.models import IAMBackend, iam_backends

    default_user_config["iam"]["load_aws_managed_policies"] = True
    backend: Any = IAMBackend
    backend._init_aws_policies = _made_for  # noqa: SLF001 - moto offers no other way
    iam_backends.clear()


def _made_for(backend: Any) -> list[Any]:
    from moto.iam.models import AWSManagedPolicy
    from moto.settings import load_iam_aws_managed_policies

    if not load_iam_aws_managed_policies():
        return []
    return [
        AWSManagedPolicy(
            name, account_id=backend.account_id, region=backend.region_name, **described
        )
        for name, described in _read()
    ]


@cache
def _read() -> list[tuple[str, dict[str, Any]]]:
    """Return each policy's name, and what moto takes from its list for it."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data
    from moto.iam.models import AWSManagedPolicy

    def noted(name: str, *, account_id: str, region: str, **described: Any) -> Any:  # noqa: ARG001 - moto's names
        return name, described

    # Called with a function in place of the class it makes a policy of.
    from_data: Any = AWSManagedPolicy.from_data
    listed = json.loads(aws_managed_policies_data)
    return [from_data.__func__(noted, name, "", "", data) for name, data in listed.items()]
