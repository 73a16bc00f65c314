"""The registries' verdicts, and what a client with no key, or half a question, hears."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from simulators.registries import GOLDEN_CRUMB, Registries

BANK = {"routing": GOLDEN_CRUMB.bank_routing, "account": GOLDEN_CRUMB.bank_account}
PLACE = {"street": "1 market  street", "city": "SAN FRANCISCO", "postcode": "94105"}


@pytest.fixture
def ask(host: dict[str, Any], caller: Any) -> Any:
    """A client with the key."""
    return caller(Registries(**host), authorization="Bearer registry-local-key")


@pytest.mark.parametrize(
    ("register", "asked", "verdict"),
    [
        ("bank-accounts", {**BANK, "holder": "GOLDEN CRUMB  llc"}, "match"),
        ("bank-accounts", {**BANK, "holder": "Somebody Else"}, "no_match"),
        ("bank-accounts", {**BANK, "account": "1", "holder": "Golden Crumb LLC"}, "unknown"),
        ("addresses", PLACE, "match"),
        ("addresses", {**PLACE, "street": "2 Market Street"}, "no_match"),
        ("addresses", {**PLACE, "postcode": "00000"}, "unknown"),
        ("licences", {"number": "FOOD-2026-0001", "holder": "Golden Crumb LLC"}, "match"),
        ("licences", {"number": "FOOD-2026-0001", "holder": "Eve"}, "no_match"),
        ("licences", {"number": "4711", "holder": "Eve"}, "unknown"),
    ],
)
def test_verdicts(ask: Any, register: str, asked: dict[str, str], verdict: str) -> None:
    """Capitals and spaces do not matter."""
    reply = ask("POST", f"/v1/{register}/checks", asked)
    assert (reply.status, reply.json()) == (200, {"verdict": verdict})


def test_a_business_can_be_entered(ask: Any) -> None:
    """From then on it is known."""
    ask.app.know(replace(GOLDEN_CRUMB, licence_number="NEW-1"))
    asked = {"number": "NEW-1", "holder": "Golden Crumb LLC"}
    assert ask("POST", "/v1/licences/checks", asked).json() == {"verdict": "match"}


def test_refusals(ask: Any) -> None:
    """No key, half a question, no JSON."""
    asked = {"number": "1", "holder": "x"}
    assert ask("POST", "/v1/licences/checks", asked, authorization="Bearer wrong").status == 401
    assert ask("POST", "/v1/licences/checks", {"number": "1"}).status == 400
    assert ask("POST", "/v1/licences/checks", b"{").status == 400


def test_reply_that_cannot_be_read_comes_with_200(ask: Any) -> None:
    """As from a proxy in between."""
    ask.app.faults.add("CheckLicence", "unreadable_reply")
    reply = ask("POST", "/v1/licences/checks", {"number": "1", "holder": "x"})
    assert (reply.status, reply.body[:6]) == (200, b"<html>")
