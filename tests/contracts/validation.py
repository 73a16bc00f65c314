"""What is wrong with an event by its published contract."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jsonschema import Draft7Validator

from chalicelib.contracts.asyncapi import envelope
from chalicelib.contracts.events import CONTRACTS
from chalicelib.contracts.schemas import data_schema

if TYPE_CHECKING:
    from chalicelib.domain.events import Event


def complaints(event: Event) -> list[str]:
    """Return every breach, in words."""
    if event.type not in CONTRACTS:
        return [f"{event.type} has no contract: add it to chalicelib/contracts/events.py"]
    found = [
        f"{event.type}: {error.json_path}: {error.message}"
        for error in _validator(event.type).iter_errors(event.to_detail())
    ]
    known = CONTRACTS[event.type].data.__annotations__.keys()
    return found + [
        f"{event.type}: {name!r} is not in its contract" for name in event.data.keys() - known
    ]


@cache
def _validator(type_: str) -> Draft7Validator:
    return Draft7Validator(envelope(type_, data_schema(type_)))
