"""Links that stand for a question: signed, they expire, and they tell nobody why they are wrong.

A link holds the question's id and when it ends, under a MAC (RFC 2104). What it is about, and the
task token that an answer is sent with, stay in the table.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import TYPE_CHECKING

from chalicelib.domain.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINK = re.compile(r"([0-9a-f]{32})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})")


class LinkInvalid(DomainError):  # noqa: N818 - what the link is
    """The link is changed, over, or used. The text is for our log: people are told nothing."""


def make_link(key: str, question_id: str, ends_s: int) -> str:
    """Return the link's last part, for a question that ends at `ends_s` (epoch seconds)."""
    return f"{question_id}.{ends_s}.{_mac(key, question_id, str(ends_s))}"


def question_of(keys: Iterable[str], link: str, now_s: int) -> str:
    """Return the id of the question that a link stands for; LinkInvalid when it stands for none.

    `keys` are all that are valid, the current one first: links outlive a rotation.
    """
    found = _LINK.fullmatch(link)
    if found is None:
        raise LinkInvalid("no link of ours")
    question_id, ends, mac = found.groups()
    if not any(hmac.compare_digest(mac, _mac(key, question_id, ends)) for key in keys):
        raise LinkInvalid("its signature is not ours")
    if int(ends) <= now_s:
        raise LinkInvalid("it has expired")
    return question_id


def _mac(key: str, question_id: str, ends: str) -> str:
    signed = f"approval\n{question_id}\n{ends}".encode()
    digest = hmac.new(key.encode(), signed, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
