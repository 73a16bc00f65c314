"""What a session of STS was narrowed to: moto hands out its keys, and forgets its policies.

Source: AWS STS API reference, "AssumeRole" (Policy, PolicyArns, Errors).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from chalice_offline.core.errors import AwsError

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest, HttpResponse

_ASSUMING = ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")
MOST_ARNS = 10
MOST_CHARACTERS = 2048
SECONDS = 3600
_KEY = re.compile(rb"<AccessKeyId>([^<]+)</AccessKeyId>")


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """What a session may at most: a document, and the ARNs of managed policies."""

    document: dict[str, Any] | None
    arns: tuple[str, ...]
    ends_ms: int


class SessionPolicies:
    """The policies of the sessions that were given any, by access key."""

    def __init__(self) -> None:
        self._of: dict[str, SessionPolicy] = {}

    def of(self, access_key: str) -> SessionPolicy | None:
        """Return what a session was narrowed to; None when it has all that its role has."""
        return self._of.get(access_key)

    def asked_for(self, request: HttpRequest, now_ms: int) -> SessionPolicy | None:
        """Return the policies that a call asks a session to have; raises AwsError on bad ones."""
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        form |= dict(parse_qsl(urlsplit(request.url).query))
        if form.get("Action") not in _ASSUMING:
            return None
        # PolicyArns.member.1.arn, …
        named = sorted(name for name in form if name.startswith("PolicyArns.member."))
        text = form.get("Policy", "")
        if not text and not named:
            return None
        if len(text) > MOST_CHARACTERS or len(named) > MOST_ARNS:
            raise AwsError("PackedPolicyTooLarge", "Packed size of session policies is too large.")
        try:
            document = json.loads(text) if text else None
        except ValueError:
            document = text
        if document is not None and not isinstance(document, dict):
            raise AwsError("MalformedPolicyDocument", "This policy contains invalid Json")
        seconds = form.get("DurationSeconds", "")
        lasts_ms = 1000 * (int(seconds) if seconds.isdecimal() else SECONDS)
        return SessionPolicy(document, tuple(form[name] for name in named), now_ms + lasts_ms)

    def began(self, policy: SessionPolicy, response: HttpResponse, now_ms: int) -> None:
        """Remember the policies of the session that was handed out; old sessions are forgotten."""
        found = _KEY.search(response.body)
        if response.status != 200 or found is None:
            return
        self._of = {key: one for key, one in self._of.items() if one.ends_ms > now_ms}
        self._of[found[1].decode()] = policy
