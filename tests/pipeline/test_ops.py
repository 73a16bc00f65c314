"""`python -m chalicelib.ops` against a whole app: what operators see, and what it does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.domain.events import Event, iso
from chalicelib.ops.__main__ import main
from chalicelib.ops.desk import open_desk
from chalicelib.ops.replay import instant_ms
from tests.pipeline.test_logs import MARK, key_of, mark_customers

if TYPE_CHECKING:
    from pathlib import Path

    from simulators.street import Street

PLACE = ("doordash", "store-x", "order-x")
KEY = "#".join(PLACE)
LATE_MS = 200_000


class Operator:
    """Somebody at a terminal; the last exit code, what was printed."""

    def __init__(self, street: Street, capsys: pytest.CaptureFixture[str]) -> None:
        self._street = street
        self._capsys = capsys
        self.code = 0
        self.out = self.err = ""

    def now_ms(self) -> int:
        """The street's time."""
        return round(self._street.offline.now.timestamp() * 1000)

    def runs(self, *arguments: str) -> Any:
        """Run a command; returns its JSON."""
        self.says(*arguments, "--json")
        return json.loads(self.out) if self.code == 0 else None

    def says(self, *arguments: str) -> str:
        """Run a command; returns what it printed."""
        self._capsys.readouterr()
        try:
            self.code = main(arguments, {"STAGE": "local"}, self.now_ms)
        except SystemExit as end:
            self.code = int(end.code or 0)
        self.out, self.err = self._capsys.readouterr()
        return self.out


@pytest.fixture
def operator(street: Street, capsys: pytest.CaptureFixture[str]) -> Operator:
    """At the street's terminal."""
    return Operator(street, capsys)


def put(street: Street, queue: str, body: object) -> None:
    sqs = street.offline.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    text = body if isinstance(body, str) else json.dumps(body)
    sqs.send_message(QueueUrl=url, MessageBody=text)


def webhook(at_ms: int, type_: str = "channel.order.notified", key: str = KEY) -> dict[str, Any]:
    channel, store, order = key.split("#")
    data = {"kind": type_, "channel": channel, "storeId": store, "orderId": order, "eventId": "e"}
    data |= {"eventType": "t", "body": json.dumps({"phone": "+15550199", "name": MARK})}
    event = Event("e", type_, key, at_ms, data)
    return {"detail-type": type_, "source": "order-middleware", "detail": event.to_detail()}


def test_dead_letters_say_what_they_are_good_for(street: Street, operator: Operator) -> None:
    """The order's own record and its deadline decide; nobody's data is shown."""
    order_id = street.place("doordash")
    street.settle()
    key, now = key_of(street, order_id), operator.now_ms()
    put(street, "pos-square-dead-letters", {"order_key": key})
    put(street, "pos-square-dead-letters", {"order_key": "doordash#nowhere#nobody"})
    put(street, "pos-square-dead-letters", f"not JSON, {MARK}")
    put(street, "pos-square-dead-letters", "[]")
    put(street, "inbound-orders-dead-letters", webhook(now))
    put(street, "inbound-orders-dead-letters", webhook(now - LATE_MS))
    put(street, "inbound-orders-dead-letters", webhook(now - LATE_MS, "channel.order.cancelled"))
    put(street, "inbound-orders-dead-letters", {"poll": {"channel": "uber_eats", "store": "s"}})
    put(street, "orders-undelivered", webhook(now - LATE_MS, "channel.order.notified", key))
    put(street, "channel-callbacks-dead-letters", webhook(now, "order.accepted", key))
    put(street, "notifications-dead-letters", webhook(now, "order.rejected", key))
    letters = operator.runs("dead-letters")
    assert sorted((one["queue"], one["type"], one["use"]) for one in letters) == sorted([
        ("pos-square-dead-letters", "wake", "done"),
        ("pos-square-dead-letters", "wake", "done"),
        ("pos-square-dead-letters", "?", "unreadable"),
        ("pos-square-dead-letters", "?", "unreadable"),
        ("inbound-orders-dead-letters", "channel.order.notified", "in time"),
        ("inbound-orders-dead-letters", "channel.order.notified", "late"),
        ("inbound-orders-dead-letters", "channel.order.cancelled", "owed"),
        ("inbound-orders-dead-letters", "poll", "done"),
        ("orders-undelivered", "channel.order.notified", "done"),
        ("channel-callbacks-dead-letters", "order.accepted", "done"),
        ("notifications-dead-letters", "order.rejected", "owed"),
    ])  # fmt: skip
    assert all(one["why"] for one in letters)
    text = operator.says("dead-letters", "pos-square")
    assert "the order is accepted, and nothing is owed" in text
    assert "4 dead letters" in text
    for shown in (json.dumps(letters), text):
        assert MARK not in shown
        assert "5550199" not in shown


def test_looking_takes_nothing(street: Street, operator: Operator) -> None:
    """Who looks twice sees the same, at once."""
    put(street, "notifications-dead-letters", webhook(operator.now_ms()))
    first = operator.runs("dead-letters")
    again = operator.runs("dead-letters", "notifications")
    assert len(first) == 1
    assert [one["message_id"] for one in again] == [one["message_id"] for one in first]


def test_redrive_makes_the_orders_that_can_still_be_made(
    street: Street, operator: Operator
) -> None:
    """The others stay where they are, until somebody says otherwise."""
    sent = intercepted(street)
    in_time, late = street.place("doordash", number=1), street.place("doordash", number=2)
    bodies = dict(zip((in_time, late), sent, strict=True))
    for order_id, ago in ((in_time, 0), (late, LATE_MS)):
        event = webhook(operator.now_ms() - ago, key=key_in(bodies[order_id], order_id))
        event["detail"]["data"]["body"] = bodies[order_id].body.decode()
        put(street, "inbound-orders-dead-letters", event)
    planned = operator.runs("redrive", "inbound-orders", "--dry-run")
    assert sorted(one["action"] for one in planned) == ["delivered", "left"]
    street.settle()
    assert street.decisions() == {}
    done = operator.runs("redrive", "inbound-orders")
    assert sorted((one["use"], one["action"]) for one in done) == [
        ("in time", "delivered"),
        ("late", "left"),
    ]
    street.settle()
    assert street.decisions() == {in_time: "accepted"}
    assert [one["use"] for one in operator.runs("dead-letters")] == ["late"]
    operator.runs("redrive", "inbound-orders", "--late")
    street.settle()
    assert street.decisions()[late] == "denied"
    assert operator.runs("dead-letters") == []


def test_redrive_of_one_order_leaves_the_others(street: Street, operator: Operator) -> None:
    """And what nobody is owed goes only when it is asked for."""
    put(street, "pos-square-dead-letters", {"order_key": "a#b#c"})
    put(street, "pos-square-dead-letters", {"order_key": "d#e#f"})
    one = operator.runs("redrive", "pos-square", "--order", "a#b#c", "--drop-done")
    assert [(letter["order"], letter["action"]) for letter in one] == [("a#b#c", "dropped")]
    left = operator.runs("redrive", "pos-square-dead-letters")
    assert [(letter["order"], letter["action"]) for letter in left] == [("d#e#f", "left")]


def test_undelivered_events_go_over_the_bus_again(street: Street, operator: Operator) -> None:
    """Their queue belongs to nobody, so SQS cannot move them."""
    sent = intercepted(street)
    order_id = street.place("doordash", number=3)
    event = webhook(operator.now_ms(), key=key_in(sent[0], order_id))
    event["detail"]["data"]["body"] = sent[0].body.decode()
    put(street, "orders-undelivered", event)
    (done,) = operator.runs("redrive", "orders-undelivered")
    assert done["action"] == "delivered"
    street.settle()
    assert street.decisions() == {order_id: "accepted"}


def intercepted(street: Street) -> list[Any]:
    """Keep every webhook of DoorDash from arriving; returns them as they were sent."""
    sent: list[Any] = []
    doordash = street.world.doordash

    def lose(request: Any) -> int:
        sent.append(request)
        return 202  # as the app answers

    doordash._send = lose
    return sent


def key_in(request: Any, order_id: str) -> str:
    data = json.loads(request.body)
    store = data["order"]["store"]["merchant_supplied_id"]
    return f"doordash#{store}#{order_id}"


def test_raw_webhook_is_verified_like_any_other(
    street: Street, operator: Operator, tmp_path: Path
) -> None:
    """From its bytes and headers; without the signature nothing comes of it."""
    sent = intercepted(street)
    order_id = street.place("doordash", number=4)
    body, headers = tmp_path / "body", tmp_path / "headers.json"
    body.write_bytes(sent[0].body)
    arguments = ["replay", "--channel", "doordash", "--body", str(body)]
    assert operator.runs(*arguments)["replayed"] == "channel.webhook.unverified"
    street.settle()
    assert street.decisions() == {}
    headers.write_text(json.dumps(dict(sent[0].headers)))
    operator.runs(*arguments, "--headers", str(headers))
    assert "local-token" not in operator.out
    street.settle()
    assert street.decisions() == {order_id: "accepted"}


def test_webhooks_of_a_period_are_replayed_and_make_nothing_twice(
    street: Street, operator: Operator
) -> None:
    """Out of the archive: what was lost with its record is there again, with one ticket."""
    lost, kept = street.place("doordash", number=5), street.place("doordash", number=6)
    street.settle()
    key = key_of(street, lost)
    street.offline.client("dynamodb").delete_item(TableName="orders", Key={"order_key": {"S": key}})
    street.offline.advance(seconds=20)
    now = operator.now_ms()
    begun = operator.runs("replay", "--from", iso(now - 60_000), "--to", iso(now))
    assert begun["archive"] == "orders-webhooks"
    street.go(seconds=30)
    assert key_of(street, lost) == key
    assert sorted(street.tickets()) == sorted([lost, kept])
    assert operator.runs("replay", "--order", key)["state"] == "STARTING"


def test_event_in_a_file_is_replayed_within_its_deadline(
    street: Street, operator: Operator
) -> None:
    """Later it takes a word more."""
    sent = intercepted(street)
    order_id = street.place("doordash", number=7)
    event = webhook(operator.now_ms(), key=key_in(sent[0], order_id))
    event["detail"]["data"]["body"] = sent[0].body.decode()
    s3 = street.offline.client("s3")
    s3.put_object(Bucket="order-middleware-local", Key="webhooks/kept.json",
                  Body=json.dumps(event).encode())  # fmt: skip
    street.offline.advance(seconds=LATE_MS / 1000)
    arguments = ["replay", "--file", "webhooks/kept.json"]
    assert operator.runs(*arguments) is None
    assert "would only be denied now" in operator.err
    assert operator.runs(*arguments, "--late")["was"] == "new"
    street.settle()
    assert street.decisions() == {order_id: "denied"}


def test_story_of_an_order_goes_through_all_functions(
    street: Street, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From webhook to answer, in order, without anybody's data."""
    phones = mark_customers(monkeypatch)
    street.world.square.faults.add("*", "error_before_commit", status=503, times=2)
    order_id = street.place("uber_eats", number=8)
    street.go(seconds=60)
    key = key_of(street, order_id)
    told = operator.runs("story", key)
    record = told["record"]
    assert (record["state"], record["answered"], record["pos"]) == (
        "accepted",
        "accepted",
        "square",
    )
    events = [line["event"] for line in told["lines"]]
    assert events[0] == "webhook.received"
    assert {"order.waits", "order.accepted", "callback.accepted"} <= set(events)
    assert [line["at"] for line in told["lines"]] == sorted(line["at"] for line in told["lines"])
    functions = {line["function"].removeprefix("order-middleware-local") for line in told["lines"]}
    assert functions == {"", "-submit_square", "-callbacks"}
    assert {line["trace"] for line in told["lines"]} == {record["trace"].split("-")[1]}
    text = operator.says("story", key)
    assert "callback.accepted" in text
    for shown in (json.dumps(told), text):
        assert MARK not in shown
        assert not [phone for phone in phones if phone in shown]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["story", "doordash#s#nobody"], "there is no order doordash#s#nobody"),
        (["story", KEY, "--since", "yesterday"], "'yesterday' is no instant"),
        (["story", KEY, "--since", "2026-11-27T19:30:00"], "is no instant"),
        (["dead-letters", "nothing"], "there is no dead-letter queue 'nothing'"),
        (["redrive", "nothing"], "there is no dead-letter queue 'nothing'"),
        (["replay"], "say one of"),
        (["replay", "--from", "2026-11-27T19:30:00Z"], "--from and --to"),
        (["replay", "--order", KEY, "--file", "x"], "say one of"),
        (["replay", "--order", KEY], f"there is no order {KEY}"),
        (["replay", "--file", "nowhere.json"], "GetObject"),
        (["replay", "--channel", "doordash"], "--channel needs --body"),
        (["replay", "--channel", "doordash", "--body", "/nowhere"], "/nowhere"),
        (
            ["replay", "--from", "2026-11-27T19:30:00Z", "--to", "2026-11-27T19:00:00Z"],
            "ends before",
        ),
        (["dead-letters", "--stage", "moon"], "there is no stage 'moon'"),
    ],
)
def test_what_cannot_be_done_is_said(
    operator: Operator, arguments: list[str], complaint: str
) -> None:
    """One sentence on stderr, exit code 2, nothing on stdout; as JSON when JSON was asked for."""
    operator.says(*arguments)
    assert (operator.code, operator.out) == (2, "")
    assert operator.err.startswith("error: ")
    assert complaint in operator.err
    operator.runs(*arguments)
    assert operator.code == 2
    assert complaint in json.loads(operator.err)["error"]


def test_instants_have_time_zones() -> None:
    """Of any offset."""
    assert instant_ms("2026-11-27T14:30:00-05:00") == instant_ms("2026-11-27T19:30:00Z")


def test_help_names_every_command(operator: Operator) -> None:
    """And each command its options; nonsense is exit code 2, too."""
    assert all(c in operator.says("--help") for c in ("dead-letters", "redrive", "replay", "story"))
    assert operator.code == 0
    for command in ("dead-letters", "redrive", "replay", "story"):
        assert "--json" in operator.says(command, "--help")
    operator.says("destroy")
    assert operator.code == 2


def test_ids_do_not_steer_the_terminal(street: Street, operator: Operator) -> None:
    """A partner's order id is a stranger's text."""
    put(street, "pos-square-dead-letters", {"order_key": "a#b#\x1b[2Jc\nd"})
    text = operator.says("dead-letters")
    assert "a#b#?[2Jc?d" in text
    assert "\x1b" not in text


def test_stage_that_is_asked_for_wins(street: Street, operator: Operator) -> None:
    """STAGE in the shell may be another stage's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chalicelib.ops.desk.client", street.offline.client)
        environ = {"STAGE": "local"}
        assert open_desk("dev", environ, operator.now_ms).names.functions == "order-middleware-dev"


def test_body_that_fits_no_event_is_refused(operator: Operator, tmp_path: Path) -> None:
    """Too large, or no text."""
    body = tmp_path / "body"
    for content, complaint in ((b"x" * 70_000, "fit into an event"), (b"\xff", "no UTF-8")):
        body.write_bytes(content)
        operator.says("replay", "--channel", "doordash", "--body", str(body))
        assert (operator.code, complaint in operator.err) == (2, True)
