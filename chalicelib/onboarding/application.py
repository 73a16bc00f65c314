"""A merchant's application: what it says, and how far it has come."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.order import identifier

_EMAIL = re.compile(r"[^@\s\"<>,;]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_NAME_LENGTH = 100

FORM, MENU = "form.pdf", "menu.json"
UPLOADS = {FORM: ("application/pdf", 5_000_000), MENU: ("application/json", 2_000_000)}
"""What a merchant uploads: its type, and how many bytes it may have."""


class Progress(StrEnum):
    """How far an application has come."""

    APPLIED = "applied"  # the merchant may upload
    SUBMITTED = "submitted"  # the workflow has it
    OPEN = "open"  # the store sells
    REFUSED = "refused"
    EXPIRED = "expired"  # nobody decided in time
    FAILED = "failed"  # our fault; it has been undone


@dataclass(frozen=True, slots=True)
class Form:
    """What the form says, by the names of its fields."""

    legal_name: str = ""
    bank_routing: str = ""
    bank_account: str = field(default="", repr=False)
    street: str = ""
    city: str = ""
    postcode: str = ""
    licence_number: str = ""

    def missing(self) -> list[str]:
        """Return the names of fields that are empty."""
        return [name for name in self.__dataclass_fields__ if not getattr(self, name)]


@dataclass(frozen=True, slots=True)
class Application:
    """One application. Its id cannot be guessed: whoever has it may go on with it."""

    id: str
    merchant: str
    email: str = field(repr=False)
    store_id: str
    progress: Progress = Progress.APPLIED
    reasons: tuple[str, ...] = ()
    created_ms: int = 0
    form: Form | None = None
    menu_digest: str = ""  # of the menu that was checked: no other is published

    def file_key(self, name: str) -> str:
        """Return where an uploaded file is."""
        return f"applications/{self.id}/{name}"


def read_request(data: object) -> tuple[str, str, str]:
    """Return merchant, e-mail and store id of a request; InvalidPayload names what is wrong."""
    if not isinstance(data, dict):
        raise InvalidPayload("an application must be a JSON object")
    unknown = sorted(set(data) - {"merchant", "email", "store_id"})
    if unknown:
        raise InvalidPayload(f"{unknown[0]} is not part of an application")
    merchant, email = data.get("merchant"), data.get("email")
    if not isinstance(merchant, str) or not 0 < len(merchant.strip()) <= _NAME_LENGTH:
        raise InvalidPayload(f"merchant must be a name of at most {_NAME_LENGTH} characters")
    if not isinstance(email, str) or _EMAIL.fullmatch(email) is None:
        raise InvalidPayload("email must be an e-mail address")
    return " ".join(merchant.split()), email, identifier(data.get("store_id"), "store_id")


def shown(application: Application) -> dict[str, Any]:
    """Return what the merchant is told."""
    return {
        "id": application.id,
        "store_id": application.store_id,
        "state": str(application.progress),
        "reasons": list(application.reasons),
    }
