"""Whether a bus's policy lets an account put events on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalice_offline.services.events.resources import EventBus

_PUT_EVENTS = frozenset({"events:PutEvents", "events:*", "*"})


def allows_events_from(bus: EventBus, account_id: str) -> bool:
    """Whether the bus takes events from `account_id`. Conditions of statements count as met."""
    return account_id == bus.account_id or any(
        _allows(statement, account_id) for statement in bus.statements
    )


def _allows(statement: dict[str, Any], account_id: str) -> bool:
    principal = statement.get("Principal")
    accounts = principal.get("AWS") if isinstance(principal, dict) else principal
    named = {part for account in _as_list(accounts) for part in str(account).split(":")}
    return (
        statement.get("Effect") == "Allow"
        and not _PUT_EVENTS.isdisjoint(map(str, _as_list(statement.get("Action"))))
        and (account_id in named or "*" in named)
    )


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
