"""What DynamoDB demands of TableName, which its published model does not tell.

The model allows 1 to 1024 characters because an ARN may stand for the name; AWS holds names to the
limits of names. Operations on tables say so in words of their own, before anything else (dynalite's
tests, recorded from AWS).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

TABLE_NAME_SHAPE = "TableArn"
_LEAST, _MOST = 3, 255
_NAME = re.compile(r"[a-zA-Z0-9_.-]+")
_OPERATIONS_ON_TABLES = frozenset(
    {
        "CreateTableInput",
        "DeleteTableInput",
        "DescribeTableInput",
        "DescribeTimeToLiveInput",
        "UpdateTableInput",
        "UpdateTimeToLiveInput",
    }
)


@lru_cache(maxsize=1024)
def is_plain_name(name: str) -> bool:
    """Whether nothing can be wrong with a name, as with nearly all."""
    return _LEAST <= len(name) <= _MOST and _NAME.fullmatch(name) is not None


def table_name_rules(*, in_container: bool) -> list[tuple[Callable[[Any], bool], str]]:
    """Return what a name breaks, and how AWS says it, in the order it does."""
    pattern: list[tuple[Callable[[Any], bool], str]] = [
        (
            lambda name: not _is_arn(name) and _NAME.fullmatch(name) is None,
            f"Member must satisfy regular expression pattern: {_NAME.pattern}",
        )
    ]
    lengths: list[tuple[Callable[[Any], bool], str]] = [
        (
            lambda name: not _is_arn(name) and len(name) > _MOST,
            f"Member must have length less than or equal to {_MOST}",
        ),
        (
            lambda name: not _is_arn(name) and len(name) < _LEAST,
            f"Member must have length greater than or equal to {_LEAST}",
        ),
    ]
    return lengths + pattern if in_container else pattern + lengths


def checks_own_name(input_shape: Any) -> bool:
    """Whether the operation looks at TableName before the model's constraints."""
    return input_shape.name in _OPERATIONS_ON_TABLES


def check_own_name(params: dict[str, Any]) -> None:
    """Refuse a TableName that is missing, or too short or too long, in these operations' words."""
    name = params.get("TableName")
    if name is None:
        text = "The parameter 'TableName' is required but was not present in the request"
        raise AwsError("ValidationException", text)
    if not _is_arn(name) and not _LEAST <= len(name) <= _MOST:
        raise AwsError(
            "ValidationException",
            f"TableName must be at least {_LEAST} characters long and at most {_MOST} characters "
            "long",
        )


def _is_arn(name: str) -> bool:
    return name.startswith("arn:")
