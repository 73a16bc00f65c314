"""Webhooks while AWS has hiccups and secrets change: no sale is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import bootstrap
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.event_bus import EventBus
from chalicelib.adapters.queues import Queues
from chalicelib.adapters.secrets import SecretStore
from simulators.audit import findings

if TYPE_CHECKING:
    from simulators.street import Street

SECRET = "order-middleware/local/vendors"
CHANNELS = ["uber_eats", "doordash", "deliveroo", "open_delivery"]


def down(*_: Any, **__: Any) -> Any:
    """Fail as a throttled service does."""
    raise AwsUnavailable("ThrottlingException")


@pytest.mark.parametrize("channel", CHANNELS)
def test_secrets_that_cannot_be_read_again_are_used_on(
    street: Street, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    """The secret of five minutes ago is at hand."""
    street.place(channel, number=1)
    street.go(seconds=301, step=60)
    monkeypatch.setattr(SecretStore, "_read", down)
    order_id = street.place(channel, number=2)
    street.go(seconds=60)
    assert street.decisions()[order_id] in ("accepted", "confirmed", "succeeded")


@pytest.mark.parametrize("channel", CHANNELS)
def test_cold_container_without_secrets_keeps_the_webhook(
    street: Street, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    """It is verified and made as soon as they can be read."""
    bootstrap.forget()
    with monkeypatch.context() as patch:
        patch.setattr(SecretStore, "_read", down)
        street.place(channel)
        street.go(seconds=20, step=1)
    street.go(seconds=120)
    assert findings(street) == []
    assert len(street.tickets()) == 1


def test_forgery_at_a_cold_container_makes_no_ticket(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept, verified, dropped."""
    bootstrap.forget()
    street.world.doordash.faults.add("OrderCreate", "bad_signature_webhook")
    with monkeypatch.context() as patch:
        patch.setattr(SecretStore, "_read", down)
        street.place("doordash")
    street.go(seconds=120)
    assert len(street.tickets()) == 1
    assert findings(street) == []


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("lost", [["bus"], ["bus", "queue"]], ids=" and ".join)
def test_webhook_is_kept_without_bus_and_queue(
    street: Street, monkeypatch: pytest.MonkeyPatch, channel: str, lost: list[str]
) -> None:
    """In the queue, else in a file of which S3 tells a function."""
    with monkeypatch.context() as patch:
        patch.setattr(EventBus, "publish", down)
        if "queue" in lost:
            patch.setattr(Queues, "send", down)
        street.place(channel)
    street.go(seconds=120)
    assert len(street.tickets()) == 1
    assert findings(street) == []


def rotate(street: Street, **changes: str) -> None:
    """Put a new version of the secret, as a rotation does."""
    client = street.offline.client("secretsmanager")
    old = json.loads(client.get_secret_value(SecretId=SECRET)["SecretString"])
    client.put_secret_value(SecretId=SECRET, SecretString=json.dumps(old | changes))


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_webhook_signed_with_the_secret_before_is_taken(street: Street, *, warm: bool) -> None:
    """Rotated at AWS first: the partner signs with the old one for a while."""
    if warm:
        street.place("deliveroo", number=1)
        street.settle()
    else:
        bootstrap.forget()
    rotate(street, deliveroo_webhook_secret="brand-new")
    street.go(seconds=400, step=100)
    order_id = street.place("deliveroo", number=2)
    street.go(seconds=60)
    assert street.decisions()[order_id] in ("accepted", "confirmed", "succeeded")


def test_webhook_signed_with_the_secret_of_just_now_is_taken(street: Street) -> None:
    """Rotated at both at once: a container that still holds the old one reads again."""
    from dataclasses import replace

    street.place("deliveroo", number=1)
    street.go(seconds=30)
    rotate(street, deliveroo_webhook_secret="brand-new")
    deliveroo = street.world.deliveroo
    deliveroo.settings = replace(deliveroo.settings, webhook_secret="brand-new")
    order_id = street.place("deliveroo", number=2)
    street.go(seconds=60)
    assert street.decisions()[order_id] in ("accepted", "confirmed", "succeeded")


def test_revoked_token_costs_few_grants_however_many_containers(street: Street) -> None:
    """130 containers, and a partner that refuses each token at once: a hundred an hour at most."""
    uber = street.world.uber
    uber.faults.add("GetOrder", "unauthorized", times=10**6)
    for number in range(130):
        bootstrap.forget()
        street.place("uber_eats", number=number)
        street.go(seconds=1, step=1)
    street.go(seconds=300, step=30)
    assert len(uber.tokens.grants_at_ms) <= 12
    assert set(street.decisions().values()) == {"denied"}
