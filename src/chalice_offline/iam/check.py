"""Looks at each call a function makes: whether the function's role allows it.

`warn` says so in the log, once per function, action and resource; `enforce` answers as AWS does.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.iam.actions import Place, needs
from chalice_offline.iam.policies import Verdict, denies, of_session, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.iam.actions import Need

# Where the code is not AccessDeniedException.
_CODES = {
    "s3": "AccessDenied",
    "sqs": "AccessDenied",
    "iam": "AccessDenied",
    "sts": "AccessDenied",
    "sns": "AuthorizationError",
    "execute-api": "ForbiddenException",
}

_SAID = {
    Verdict.NOT_ALLOWED: "does not allow",
    Verdict.DENIED: "denies",
    Verdict.NOT_IN_SESSION: "may, but its session's policy does not allow",
    Verdict.DENIED_IN_SESSION: "may, but its session's policy denies",
    Verdict.DENIED_THERE: "may, but the resource's policy denies",
}

_log = logging.getLogger(__name__)


class Mode(Enum):
    """What happens to a call that the role does not allow."""

    WARN = "warn"
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True)
class Identity:
    """A function as IAM sees it; `policies` are the documents of its role.

    `session` are those that its session was given, which allow at most that; None without any.
    """

    function_name: str
    role: str
    policies: list[dict[str, Any]]
    session: list[dict[str, Any]] | None = None


class IamCheck:
    """Checks the calls of functions against their roles."""

    def __init__(self, mode: Mode) -> None:
        self._mode = mode
        self._said: set[tuple[str, str, str]] = set()

    def check(
        self,
        identity: Identity,
        service: str,
        operation: str,
        request: Mapping[str, Any],
        place: Place,
        of_resource: dict[str, Any],
        now_ms: int,
    ) -> None:
        """Judge one call; raises AwsError AccessDenied when it is not allowed and that counts.

        `of_resource` is the policy of what the call is about, {} when it has none.
        """
        facts = _facts(place, identity.role, now_ms)
        for need in needs(service, operation, request, place):
            if identity.session is None:
                found = verdict(identity.policies, need, facts)
            else:
                found = of_session(identity.policies, identity.session, need, facts)
            if found is Verdict.ALLOWED and denies(of_resource, need, facts):
                found = Verdict.DENIED_THERE
            if found is Verdict.ALLOWED:
                continue
            self._tell(identity, need, found)
            if self._mode is Mode.ENFORCE:
                raise _denied(identity, service, need, found, place)

    def _tell(self, identity: Identity, need: Need, found: Verdict) -> None:
        seen = (identity.function_name, *need)
        if seen in self._said:
            return
        self._said.add(seen)
        on = f" on {need.resource}" if need.resource else ""
        how = f"its role {identity.role} {_SAID[found]}"
        _log.warning(
            "function %s: %s %s%s; on AWS the call fails",
            identity.function_name,
            how,
            need.action,
            on,
        )


def _denied(identity: Identity, service: str, need: Need, found: Verdict, place: Place) -> AwsError:
    """Return AWS's error (IAM user guide, "Troubleshoot access denied error messages")."""
    role = identity.role.rpartition("/")[2]
    user = f"arn:aws:sts::{place.account_id}:assumed-role/{role}/{identity.function_name}"
    on = f" on resource: {need.resource}" if need.resource else ""
    why = found.value.format(action=need.action)
    is_silent = found in (Verdict.NOT_ALLOWED, Verdict.NOT_IN_SESSION)
    because = f" because {why}" if is_silent else f" {why}"
    message = f"User: {user} is not authorized to perform: {need.action}{on}{because}"
    code = _CODES.get(service, "AccessDeniedException")
    return AwsError(code, message, status=400 if code == "AccessDeniedException" else 403)


def _facts(place: Place, role: str, now_ms: int) -> Any:
    name = role if role.startswith("arn:") else f"arn:aws:iam::{place.account_id}:role/{role}"
    known = {
        "aws:principalarn": [name],
        "aws:requestedregion": [place.region],
        "aws:principalaccount": [place.account_id],
        "aws:securetransport": ["true"],
        "aws:currenttime": [str(now_ms / 1000)],
        "aws:epochtime": [str(now_ms / 1000)],
    }

    def facts(key: str) -> list[str] | None:
        return known.get(key.lower())

    return facts
