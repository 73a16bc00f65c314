"""Which table a request means: by its name, or by its ARN."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from chalice_offline.core.arn import make_arn
from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.errors import validation

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext

_NAME = re.compile(r"[a-zA-Z0-9_.-]+")
_ARN = re.compile(r"arn:[a-z-]+:dynamodb:([a-z0-9-]+):(\d{12}):table/([^/]+)(/.*)?")


class TableKey(NamedTuple):
    """A table's place: its name is its own within an account and region."""

    account_id: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """The table's ARN."""
        return make_arn("dynamodb", self.region, self.account_id, f"table/{self.name}")

    @property
    def folder(self) -> str:
        """What stands in the names of its collections."""
        return f"{self.account_id}/{self.region}"


def table_key(name_or_arn: str, context: CallContext) -> TableKey:
    """Return the place of the table a request names; its spelling is checked."""
    if name_or_arn.startswith("arn:"):
        return key_of_arn(name_or_arn)
    check_name(name_or_arn, "tableName")
    return TableKey(context.account_id, context.region, name_or_arn)


def key_of_arn(arn: str) -> TableKey:
    """Return the place of the table an ARN names, also one of a part of the table."""
    match = _ARN.fullmatch(arn)
    if match is None:
        raise validation(f"Invalid TableArn: {arn}")
    region, account_id, name, _ = match.groups()
    return TableKey(account_id, region, name)


def check_name(name: str, member: str) -> None:
    """Refuse what is no name of a table or an index (recorded; Smithy's words)."""
    shown = f"Value '{name}' at '{member}' failed to satisfy constraint: Member must"
    broken = []
    if not _NAME.fullmatch(name):
        broken.append(f"{shown} satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
    if len(name) > limits.NAME_LENGTHS[-1]:
        broken.append(f"{shown} have length less than or equal to {limits.NAME_LENGTHS[-1]}")
    if len(name) < limits.NAME_LENGTHS[0]:
        broken.append(f"{shown} have length greater than or equal to {limits.NAME_LENGTHS[0]}")
    if broken:
        count = "1 validation error" if len(broken) == 1 else f"{len(broken)} validation errors"
        raise validation(f"{count} detected: {'; '.join(broken)}")
