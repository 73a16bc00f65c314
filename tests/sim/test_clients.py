"""boto3 clients that evenings hand on: nothing of one evening is left in the next."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.sim.clients import Clients


class Made:
    """A client, as far as it matters here."""

    def __init__(self, service: str, **options: Any) -> None:
        self.wanted = (service, options)


@pytest.fixture(autouse=True)
def _nothing_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clients, "_unworn", {})


def test_a_client_that_botocore_never_saw_serves_the_next_evening() -> None:
    """And only one evening at a time."""
    first, second, third = Clients(), Clients(), Clients()
    made = first.client(Made, "sqs")
    assert first.client(Made, "sqs") is made
    assert second.client(Made, "sqs") is not made
    first.hand_on()
    assert third.client(Made, "sqs") is made


def test_a_client_that_botocore_saw_ends_with_its_evening() -> None:
    """It remembers how often it may still try again."""
    first, second = Clients(), Clients()
    worn, fresh = first.client(Made, "sqs"), first.client(Made, "events")
    first.wear(worn)
    first.hand_on()
    assert second.client(Made, "sqs") is not worn
    assert second.client(Made, "events") is fresh


def test_a_client_serves_who_wants_the_same_of_it() -> None:
    """The one that mails tries once."""
    first, second = Clients(), Clients()
    patient = first.client(Made, "sesv2")
    first.hand_on()
    assert second.client(Made, "sesv2", attempts=1).wanted == ("sesv2", {"attempts": 1})
    assert second.client(Made, "sesv2") is patient
