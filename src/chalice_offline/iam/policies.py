"""What identity policies say of an action on a resource.

Source: IAM user guide, "Policy evaluation logic": a denial anywhere, else an allowance somewhere.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from chalice_offline.services.common.policy_conditions import applies, listed, matches

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalice_offline.iam.actions import Need
    from chalice_offline.services.common.policy_conditions import Facts


class Verdict(Enum):
    """What policies say."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "no identity-based policy allows the {action} action"
    DENIED = "with an explicit deny in an identity-based policy"
    NOT_IN_SESSION = "no session policy allows the {action} action"
    DENIED_IN_SESSION = "with an explicit deny in a session policy"
    DENIED_THERE = "with an explicit deny in a resource-based policy"


def verdict(documents: Iterable[dict[str, Any]], need: Need, facts: Facts) -> Verdict:
    """Return what policy documents say of a need; `facts` answers what conditions ask."""
    found = Verdict.NOT_ALLOWED
    for document in documents:
        for statement in listed(document.get("Statement")):
            if not _is_about(statement, need) or not _applies(statement, facts):
                continue
            if statement.get("Effect") == "Deny":
                return Verdict.DENIED
            found = Verdict.ALLOWED
    return found


def of_session(
    role: Iterable[dict[str, Any]], session: Iterable[dict[str, Any]], need: Need, facts: Facts
) -> Verdict:
    """Return what a session may that was given policies of its own: what both allow, no more.

    Source: IAM user guide, "Policies and permissions: Session policies".
    """
    found, narrowed = verdict(role, need, facts), verdict(session, need, facts)
    if found is not Verdict.DENIED and narrowed is Verdict.DENIED:
        return Verdict.DENIED_IN_SESSION
    if found is Verdict.ALLOWED and narrowed is Verdict.NOT_ALLOWED:
        return Verdict.NOT_IN_SESSION
    return found


def denies(document: dict[str, Any], need: Need, facts: Facts) -> bool:
    """Whether a resource's policy denies a need to everybody that its conditions name.

    What it allows is not asked: in one account the identity's policies are enough.
    """
    return any(
        statement.get("Effect") == "Deny"
        and statement.get("Principal") in ("*", {"AWS": "*"})
        and _is_about(statement, need)
        and _applies(statement, facts)
        for statement in listed(document.get("Statement"))
    )


def _is_about(statement: dict[str, Any], need: Need) -> bool:
    action = need.action.lower()
    if not _chosen(statement, "Action", lambda pattern: matches(pattern.lower(), action)):
        return False
    return _chosen(statement, "Resource", lambda pattern: _fits(pattern, need.resource))


def _applies(statement: dict[str, Any], facts: Facts) -> bool:
    """Whether a statement's conditions hold.

    Where they ask what is not known here (a network, a tag), an allowance is taken for
    one and a denial for none: better no word than a wrong one.
    """
    conditions: dict[str, dict[str, Any]] = statement.get("Condition") or {}
    if any(facts(key) is None for keys in conditions.values() for key in keys):
        return statement.get("Effect") == "Allow"
    return applies(conditions, facts)


def _chosen(statement: dict[str, Any], element: str, fits: Any) -> bool:
    if f"Not{element}" in statement:
        return not any(fits(pattern) for pattern in listed(statement[f"Not{element}"]))
    return any(fits(pattern) for pattern in listed(statement.get(element)))


def _fits(pattern: str, resource: str) -> bool:
    """Whether a pattern fits; a resource may have wildcards of its own (a secret's ending)."""
    return not resource or matches(pattern, resource) or matches(resource, pattern)
