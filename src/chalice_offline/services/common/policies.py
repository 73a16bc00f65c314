"""Resource policies: the statements that AddPermission makes, and finding them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import partition_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Statement = dict[str, Any]


def allow(
    sid: str, *, region: str, account_ids: Iterable[str], actions: Sequence[str], resource: str
) -> Statement:
    """Return the statement that lets accounts do something; a list of one is written bare."""
    partition = partition_of(region)
    principals = [f"arn:{partition}:iam::{account_id}:root" for account_id in account_ids]
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": _one_or_list(principals)},
        "Action": _one_or_list(actions),
        "Resource": resource,
    }


def statements_of(policy: Mapping[str, Any]) -> list[Statement]:
    """Return a policy's statements; one alone may stand there without a list."""
    statements = policy.get("Statement", [])
    as_list = statements if isinstance(statements, list) else [statements]
    return [statement for statement in as_list if isinstance(statement, dict)]


def has(statements: Iterable[Statement], sid: str) -> bool:
    """Whether there is a statement of this id."""
    return any(statement.get("Sid") == sid for statement in statements)


def without(statements: Iterable[Statement], sid: str | None) -> list[Statement]:
    """Return the statements that have another id."""
    return [statement for statement in statements if statement.get("Sid") != sid]


def _one_or_list(items: Sequence[str]) -> str | Sequence[str]:
    return items[0] if len(items) == 1 else items
