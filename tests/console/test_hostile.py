"""What anybody may send in an event or ask of a door: answered, and nothing is broken by it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.core.numerals import whole_number
from chalice_offline.trace.visible import visible

if TYPE_CHECKING:
    from tests.console.conftest import Shop

QUEUE = "arn:aws:sqs:us-east-1:000000000000:orders"
ODD_NUMBERS = ["²", "٣", "9" * 5_000, "-1", "1.5", "x", ""]


def nested(depth: int) -> Any:
    """Return lists within lists."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


EVENTS: dict[str, Any] = {
    "a count that is a superscript": {
        "Records": [
            {
                "eventSource": "aws:sqs",
                "eventSourceARN": QUEUE,
                "attributes": {"ApproximateReceiveCount": "²"},
            }
        ]
    },
    "a count that is a word": {"Records": [{"attributes": {"ApproximateReceiveCount": "x"}}]},
    "a count of 5,000 digits": {
        "Records": [
            {"eventSource": "aws:sqs", "attributes": {"ApproximateReceiveCount": "9" * 5_000}}
        ]
    },
    "attributes that are a list": {"Records": [{"eventSource": "aws:sqs", "attributes": [1]}]},
    "sources that are lists": {"Records": [{"eventSource": ["aws:sqs"], "eventSourceARN": {}}]},
    "records of nothing": {"Records": [None, 3]},
    "half a letter": {"text": "\ud800", "\udfff": 1},
    "a bus's event of lists": {"detail-type": "x", "source": "y", "resources": {"a": 1}},
    "a request with nothing in it": {"requestContext": {"http": {}}},
    "800 levels": {"deep": nested(800)},
    "a text that is 3,000 levels": {"deep": "[" * 3_000 + "]" * 3_000},
    "an escape": {"dish": "\x1b]0;gone\x07\u202eabc"},
}


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_every_view_is_there_after_any_event(shop: Shop, event: Any) -> None:
    """Runs, the story, its drawing, what is found of it, the wiring, the journal, its replay."""
    done = shop.post("functions/echo/invoke", {"event": event})
    assert done["status"] == 200
    shop.post("functions/echo/invoke", {"event": {"fail": True, "was": event}})
    for run in shop.get("runs")["runs"]:
        story = run["story"]
        shop.get(f"runs/{run['entry']}")
        shop.get(f"stories/{story}")
        assert shop.send("GET", f"stories/{story}/text").status == 200
        shop.get(f"entries/{run['entry']}")
        assert shop.get(f"replay/{run['entry']}")["operation"] == "Invoke"
    assert len(shop.get("stories?text=fail")["stories"]) == 1
    for door in ("wiring", "stories", "wiring/unmatched", "functions/echo/samples"):
        shop.get(door)
    assert "echo runs" in shop.page("trace?text=echo")
    assert json.loads(shop.page("journal"))


def test_numbers_that_are_none_do_not_break_a_story(shop: Shop) -> None:
    """A handler may be sent and return NaN; no browser reads it, so it is told as text."""
    sent = b'{"none": NaN, "far": 1e999, "least": [-Infinity], "exact": 0.1234567890123456789}'
    shop.offline.client("lambda").invoke(FunctionName="shop-dev-echo", Payload=sent)
    (run,) = shop.get("runs")["runs"]
    story = shop.get(f"stories/{run['story']}")
    (step,) = [step for step in story["steps"][0]["steps"] if step["run"]]
    told = {"none": "NaN", "far": "Infinity", "least": ["-Infinity"], "exact": 0.12345678901234568}
    assert step["detail"]["payload"] == told
    assert step["run"]["result"] == told
    shop.get(f"runs/{run['entry']}")
    shop.get(f"entries/{run['entry']}")
    shop.post("stories/{story}/test".format(**run), {"name": "none"})


def test_what_was_not_masked_is_replayed_as_it_was_written(shop: Shop) -> None:
    """Python would round a number, and spell one that is too large as no JSON has it."""
    sent = b'{"far": 1e999, "exact": 0.1234567890123456789, "dish": "soup"}'
    shop.offline.client("lambda").invoke(FunctionName="shop-dev-echo", Payload=sent)
    (run,) = shop.get("runs")["runs"]
    shown = shop.get(f"replay/{run['entry']}")["request"]
    shown["Payload"] = shown["Payload"].replace("soup", "rice")
    shop.post(f"replay/{run['entry']}", {"request": shown})
    shop.offline.settle()
    again = shop.session.emulator.journal.find(shop.get("runs")["runs"][0]["entry"])
    assert again is not None
    assert again.detail["payload"] == sent.replace(b"soup", b"rice")


@pytest.mark.parametrize("number", ODD_NUMBERS[:-1])
@pytest.mark.parametrize(
    ("method", "door"),
    [
        ("GET", "runs/{}"),
        ("GET", "stories/{}"),
        ("GET", "stories/{}/text"),
        ("POST", "stories/{}/test"),
        ("GET", "entries/{}"),
        ("GET", "replay/{}"),
        ("POST", "replay/{}"),
        ("POST", "faults/{}/remove"),
        ("GET", "runs?limit={}"),
    ],
)
def test_a_number_that_is_none_is_refused(shop: Shop, method: str, door: str, number: str) -> None:
    """In one sentence, which does not repeat 5,000 digits."""
    status, sentence = shop.refused(method, door.format(number), {} if method == "POST" else None)
    assert status in (400, 404)
    assert len(sentence) < 300


@pytest.mark.parametrize("text", ODD_NUMBERS)
def test_a_whole_number_is_digits(text: str) -> None:
    """As many as fit into 64 bits."""
    assert whole_number(text) is None
    assert whole_number("0") == 0
    assert whole_number("9" * 18) == 10**18 - 1


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize(
    ("door", "member"),
    [
        ("queues/orders/send", "delay_seconds"),
        ("time/advance", "seconds"),
        ("faults", "times"),
        ("faults", "seed"),
        ("faults", "milliseconds"),
    ],
)
def test_a_number_that_is_not_finite_is_refused(
    shop: Shop, door: str, member: str, word: str
) -> None:
    """Python's JSON takes it; nobody else's does."""
    given = {"body": "x", "kind": "error", "target": "sqs"} if "faults" in door else {"body": "x"}
    body = json.dumps({**given, member: "THIS"} if door != "time/advance" else {member: "THIS"})
    reply = shop.send_text("POST", door, body.replace('"THIS"', word))
    assert reply.status == 400, reply.body
    assert len(json.loads(reply.body)["error"]) < 200


@pytest.mark.parametrize("instant", [1e300, -1e300, 10**30, "yesterday", True])
def test_an_instant_that_is_none_is_refused(shop: Shop, instant: Any) -> None:
    """Also a number of seconds that no calendar has."""
    request = {"StreamName": "steps", "ShardId": "s", "ShardIteratorType": "AT_TIMESTAMP"}
    call = {
        "service": "kinesis",
        "operation": "GetShardIterator",
        "request": request | {"Timestamp": instant},
    }
    status, sentence = shop.refused("POST", "call", call)
    assert status == 400
    assert "must be an instant" in sentence


@pytest.mark.parametrize(
    ("door", "body"),
    [
        ("queues/orders/send", {"body": "\ud800"}),
        ("topics/news/publish", {"message": "\ud800"}),
        ("buckets/menus/put", {"key": "k", "text": "\ud800"}),
        ("buckets/menus/put", {"key": "\ud800", "text": "x"}),
        ("streams/steps/put", {"data": "\ud800"}),
        ("tables/dishes/put", {"item": {"id": {"S": "\ud800"}}}),
        ("buses/default/put", {"source": "\ud800", "detail_type": "x"}),
        ("queues/\ud800/send", {"body": "x"}),
        ("faults", {"kind": "error", "target": "\ud800"}),
    ],
)
def test_half_a_letter_is_taken_or_refused(shop: Shop, door: str, body: Any) -> None:
    """JSON can spell half of a surrogate pair, and UTF-8 cannot; it is never our failure."""
    reply = shop.send("POST", door.replace("\ud800", "%ED%A0%80"), body)
    assert reply.status in (200, 400, 404), reply.body
    shop.post("time/settle")
    shop.get("runs")
    shop.get("stories")


def test_what_steers_a_terminal_is_spelled_out(shop: Shop) -> None:
    """In drawn stories, which a terminal shows; letters of every language stay."""
    shop.offline.http.get("/a\x1b]0;x\x07")
    shop.post("queues/orders/send", {"body": json.dumps({"dish": "fugu"})})
    shop.post("time/settle")
    for story in shop.get("stories")["stories"]:
        drawn = shop.send("GET", f"stories/{story['story']}/text").body.decode()
        assert drawn.replace("\n", "").isprintable(), drawn
    assert visible("\x1b[2J\x9b1m\u202e\ud800") == "\\x1b[2J\\x9b1m\\u202e\\ud800"
    assert visible("crème brûlée, 寿司 🍣 →") == "crème brûlée, 寿司 🍣 →"
