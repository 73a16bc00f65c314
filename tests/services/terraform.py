"""A client that is used as Terraform's AWS provider uses it.

Which calls it makes was read in its source (hashicorp/terraform-provider-aws, internal/service,
2026).
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError


class Terraform:
    """Reads twice, and sees that what was deleted is gone."""

    def __init__(self, client: Any, gone: str) -> None:
        """`gone` is the code of the error that ends the provider's wait for a deletion."""
        self.client = client
        self._gone = gone

    def read(self, operation: str, **request: Any) -> Any:
        """Read: a refresh of the state must find the same."""
        call = getattr(self.client, operation)
        first, second = call(**request), call(**request)
        first.pop("ResponseMetadata")
        second.pop("ResponseMetadata")
        assert first == second
        return first

    def is_gone(self, operation: str, code: str = "", **request: Any) -> None:
        """The provider waits for exactly this error."""
        with pytest.raises(ClientError) as caught:
            getattr(self.client, operation)(**request)
        assert caught.value.response["Error"]["Code"] == (code or self._gone)


def replace(path: str, value: str) -> dict[str, str]:
    """Return a patch operation."""
    return {"op": "replace", "path": path, "value": value}
