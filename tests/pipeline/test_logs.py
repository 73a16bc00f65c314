"""Every line says whose work it is and which trace's, and holds nobody's data."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.http import VendorHttp
from chalicelib.adapters.queues import Queues
from chalicelib.telemetry import trace
from simulators.orders import OrderGenerator
from tests.pipeline.log_lines import events, parsed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pipeline.conftest import Street

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
GIVEN_ID = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Every call to a vendor: its URL and the trace that it carried."""
    made: list[tuple[str, str]] = []

    def hook(reply: Any, *args: Any, **kwargs: Any) -> Any:
        made.append((reply.request.url, reply.request.headers.get("traceparent", "")))

    call = VendorHttp.call

    def hooked(self: VendorHttp, *args: Any, **more: Any) -> Any:
        import requests

        if self._session is None:
            self._session = requests.Session()
        self._session.hooks["response"] = [hook]
        return call(self, *args, **more)

    monkeypatch.setattr(VendorHttp, "call", hooked)
    return made


def key_of(street: Street, order_id: str) -> str:
    items = street.offline.client("dynamodb").scan(TableName="orders")["Items"]
    return next(str(i["order_key"]["S"]) for i in items if i["order_id"]["S"] == order_id)


def test_every_line_of_an_order_names_it_and_one_trace(
    long_street: Street, calls: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """From the webhook through tables, queues and topics to the vendors' doors."""
    street = long_street
    capsys.readouterr()
    calls.clear()
    order_id = street.place("uber_eats", store=1)
    street.settle()
    key = key_of(street, order_id)
    lines = [line for line in events(parsed(capsys.readouterr().out)) if line.get("order") == key]
    said = [line["event"] for line in lines]
    assert said == ["webhook.received", "order.received", "order.accepted", "callback.accepted"]
    assert len({line["trace"] for line in lines}) == 1
    assert all(line["request_id"] for line in lines)
    to_vendors = {traceparent for _, traceparent in calls}
    assert {trace.id_of(one) for one in to_vendors} == {lines[0]["trace"]}
    assert {urls.split("/")[3] for urls, _ in calls} >= {"uber", "toast"}


def test_trace_of_a_webhook_goes_on(
    street: Street, calls: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partner's own traceparent is that of the ticket's request, too."""
    send = street.world.doordash._send  # type: ignore[attr-defined]

    def traced(request: Any) -> Any:
        request.headers["traceparent"] = GIVEN
        return send(request)

    monkeypatch.setattr(street.world.doordash, "_send", traced)
    street.place("doordash")
    street.settle()
    at_square = [one for url, one in calls if "/square/" in url]
    assert at_square
    assert {trace.id_of(one) for one in at_square} == {GIVEN_ID}
    assert GIVEN not in at_square


def test_trace_survives_the_loss_of_a_wake(
    street: Street, calls: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """The sweep knows no traces; the order's record does."""
    send = Queues.send
    with monkeypatch.context() as patch:
        patch.setattr(
            Queues, "send", lambda s, q, b, d=0: None if "order_key" in b else send(s, q, b, d)
        )
        street.place("doordash")
        street.settle()
    (began,) = {
        line["trace"]
        for line in events(parsed(capsys.readouterr().out))
        if line["event"] == "webhook.received"
    }
    assert calls == []
    street.go(seconds=120)
    assert {trace.id_of(one) for url, one in calls if "/square/" in url} == {began}


@pytest.mark.parametrize(
    ("headers", "trace_id"),
    [
        ({"traceparent": GIVEN}, GIVEN_ID),
        ({"traceparent": f"01{GIVEN[2:]}-more"}, GIVEN_ID),
        (
            {"x-amzn-trace-id": "Self=1-2-3;Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"},
            "5759e988bd862e3fe1be46a994272793",
        ),
        ({"traceparent": f"ff{GIVEN[2:]}"}, ""),
        ({"traceparent": f"00-{'0' * 32}-b7ad6b7169203331-01"}, ""),
        ({"traceparent": f"00-{GIVEN_ID}-{'0' * 16}-01"}, ""),
        ({"traceparent": GIVEN.upper()}, ""),
        ({"traceparent": "x" * 100_000}, ""),
        ({}, ""),
    ],
)
def test_only_a_valid_trace_is_taken_over(headers: dict[str, str], trace_id: str) -> None:
    """Trace Context, 3.2: an invalid one is as good as none."""
    assert trace.id_of(trace.read(headers)) == trace_id


MARK = "Zaphodine"
PEOPLE = ("eater", "consumer", "customer", "person", "deliveryaddress", "location")
WORDS = ("note", "instruction", "comment")


def marked(data: Any, path: str = "", *, phones: set[str]) -> Any:
    """Return a payload with a mark in every text that a customer wrote or is found by."""
    if isinstance(data, dict):
        return {k: marked(v, f"{path}/{k}".lower(), phones=phones) for k, v in data.items()}
    if isinstance(data, list):
        return [marked(value, path, phones=phones) for value in data]
    if not isinstance(data, str) or path.endswith("id"):
        return data
    if "phone" in path:
        phones.add(data)
        return data
    is_persons = any(f"/{word}/" in path for word in PEOPLE) or any(word in path for word in WORDS)
    return f"{data} {MARK}" if is_persons else data


def mark_customers(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Mark all orders that are generated from now on; returns their phone numbers."""
    phones: set[str] = set()
    generate: Callable[..., Any] = OrderGenerator.order

    def marking(self: OrderGenerator, number: int, at_ms: int) -> Any:
        order = generate(self, number, at_ms)
        return replace(order, payload=marked(order.payload, phones=phones))

    monkeypatch.setattr(OrderGenerator, "order", marking)
    return phones


def test_no_log_line_holds_personal_data_or_secrets(
    long_street: Street, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Orders that are made, refused, cancelled and denied, and webhooks of strangers."""
    street = long_street
    phones = mark_customers(monkeypatch)
    capsys.readouterr()
    for number, channel in enumerate(street.world.channels):
        for store in range(3):
            street.place(channel, store=store, number=10 * number + store)
    street.settle()
    street.world.square.faults.add("*", "error_before_commit", status=503, times=10**6)
    street.world.uber.faults.add("*", "error_before_commit", times=30)
    street.place("doordash", number=100)
    cancelled = street.place("uber_eats", number=101)
    street.world.uber.cancel_by_customer(cancelled)
    street.go(seconds=200)
    body = json.dumps({"customer": {"name": "Eve Listener"}, "order": "x"}).encode()
    for path in ("/webhooks/doordash", "/webhooks/uber_eats", "/webhooks/pos/square"):
        street.offline.http.request("POST", path, headers={"Authorization": "no"}, body=body)
    output = capsys.readouterr().out
    assert output.count("callback.accepted") >= 10
    assert len(phones) > 5
    assert {phone for phone in phones if phone in output} == set()
    assert MARK not in output
    secret = json.loads(
        street.offline.client("secretsmanager").get_secret_value(
            SecretId="order-middleware/local/vendors"
        )["SecretString"]
    )
    assert {name for name, value in secret.items() if value in output} == set()
    assert "Eve" not in output
