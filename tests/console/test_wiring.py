"""What leads to which handler, how often it did, and what came through nowhere."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING, Any

from chalice_offline.core.run import FunctionRun, Outcome, RunLife, RunLog
from chalice_offline.core.run_entry import RunEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.console.conftest import Shop


def test_the_wiring_counts_what_went_where(shop: Shop) -> None:
    """Sources, what carries, handlers; with counts on the edges."""
    shop.order("fugu")
    drawn = shop.get("wiring")
    labels = {node["id"]: node["label"] for node in drawn["nodes"]}
    edges = {(labels[edge["from"]], labels[edge["to"]]): edge["count"] for edge in drawn["edges"]}
    assert edges == {
        ("HTTP routes", "api_handler"): 1,
        ("api_handler", "orders"): 1,
        ("orders", "cook"): 2,
        ("orders", "letters"): 1,
        ("news", "read_news"): 0,
        ("default", "on_shop"): 0,
        ("shop-dev-hourly-event", "hourly"): 0,
    }


def test_a_table_is_one_part_of_the_wiring_and_a_look_is_no_delivery(
    begin_shop: Callable[[str], Shop],
) -> None:
    """Its stream has another ARN; and a bucket only asks whether its function is there."""
    code = """
    from chalice import Chalice

    app = Chalice(app_name="shop")

    @app.on_dynamodb_record("arn:aws:dynamodb:us-east-1:000000000000:table/dishes/stream/x")
    def changed(event):
        pass

    @app.on_s3_event(bucket="menus")
    def stored(event):
        pass
    """
    shop = begin_shop(code)
    streamed = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    update = {"TableName": "dishes", "StreamSpecification": streamed}
    shop.post("call", {"service": "dynamodb", "operation": "UpdateTable", "request": update})
    shop.post("tables/dishes/put", {"item": {"id": {"S": "soup"}}})
    shop.post("time/settle")
    drawn = shop.get("wiring")
    assert [
        (node["label"], node["items"]) for node in drawn["nodes"] if node["kind"] == "table"
    ] == [("dishes", 1)]
    names = {node["id"]: node["label"] for node in drawn["nodes"]}
    counts = {(names[edge["from"]], names[edge["to"]]): edge["count"] for edge in drawn["edges"]}
    assert counts["dishes", "changed"] == 1
    assert counts["menus", "stored"] == 0


def test_what_matched_nothing_is_told_with_the_reason(shop: Shop) -> None:
    """An event of another source."""
    shop.post("buses/default/put", {"source": "other", "detail_type": "opened"})
    shop.post("time/settle")
    (found,) = shop.get("wiring/unmatched")["unmatched"]
    assert found["outcome"] == "no rule matched"
    assert found["of"] == "PutEvents other: opened (bus default)"
    (why,) = found["why"]
    assert why.startswith("Rule ")
    assert why.endswith('"source" must be "shop", but the event has "other".')


def test_a_filter_that_held_something_back_says_why(shop: Shop) -> None:
    """Of a queue's mapping and of a subscription, by the function's name; and so does the trace."""
    filters = {"Filters": [{"Pattern": '{"body": {"dish": ["soup"]}}'}]}
    mapping = call(shop, "lambda", "ListEventSourceMappings")["EventSourceMappings"][0]["UUID"]
    call(shop, "lambda", "UpdateEventSourceMapping", UUID=mapping, FilterCriteria=filters)
    topic = call(shop, "sns", "ListSubscriptions")["Subscriptions"][0]["SubscriptionArn"]
    policy = {"AttributeName": "FilterPolicy", "AttributeValue": '{"kind": ["menu"]}'}
    call(shop, "sns", "SetSubscriptionAttributes", SubscriptionArn=topic, **policy)
    shop.post("time/settle")
    shop.post("queues/orders/send", {"body": '{"dish": "fugu"}'})
    shop.post("topics/news/publish", {"message": "x", "attributes": {"kind": "price"}})
    shop.post("time/settle")
    of_topic, of_queue = shop.get("wiring/unmatched")["unmatched"]
    assert of_queue["why"] == ['Filter 1: "body.dish" must be "soup", but the event has "fugu".']
    assert of_queue["of"] == "SendMessage queue orders"
    assert of_topic["why"] == ['read_news: "kind" must be "menu", but the event has "price".']
    told = shop.send("GET", f"stories/{of_queue['story']}/text").body.decode()
    assert "orders: filtered out (function cook, Filter 1:" in told


def test_what_reached_some_is_told_apart(shop: Shop) -> None:
    """It did not go nowhere."""
    arn = "arn:aws:sns:us-east-1:000000000000:news"
    queue = "arn:aws:sqs:us-east-1:000000000000:letters"
    policy = {"FilterPolicy": '{"kind": ["menu"]}'}
    call(shop, "sns", "Subscribe", TopicArn=arn, Protocol="sqs", Endpoint=queue, Attributes=policy)
    shop.post("topics/news/publish", {"message": "x", "attributes": {"kind": "price"}})
    shop.post("time/settle")
    found = shop.get("wiring/unmatched")
    assert found["unmatched"] == []
    (in_part,) = found["in_part"]
    assert in_part["outcome"] == "delivered to 1, filtered out by 1"
    assert in_part["why"] == ['letters: "kind" must be "menu", but the event has "price".']


def test_a_look_at_the_wiring_is_as_much_work_after_a_long_history(shop: Shop) -> None:
    """Ten times as many entries are counted in ten times as many looks, none of them longer."""
    record(shop, 900, b"{}")
    short = work_of(lambda: shop.get("wiring"))
    record(shop, 9_000, b"{}")
    assert work_of(lambda: shop.get("wiring")) < 1.1 * short
    assert work_of(lambda: shop.get("wiring/unmatched")) < 1.1 * short
    left = [shop.get("wiring/count")["left"]]
    while left[-1]:
        left.append(shop.get("wiring/count")["left"])
    steps = [before - after for before, after in itertools.pairwise(left)]
    assert 0 < max(steps) <= 500
    assert len(steps) > 10
    assert invoked(shop) == 9_900


def test_the_wiring_counts_as_far_as_the_journal_goes_back(shop: Shop) -> None:
    """What the journal has forgotten counts no more; large events are few at a time."""
    record(shop, 100, b'{"pad": "%s"}' % (b"x" * 200_000))
    assert shop.get("wiring")["left"] > 90
    while shop.get("wiring/count")["left"]:
        pass
    assert invoked(shop) == 100
    record(shop, 400, b'{"pad": "%s"}' % (b"y" * 200_000))
    while shop.get("wiring/count")["left"]:
        pass
    kept = [entry for entry in shop.offline.emulator.journal.entries() if entry.kind == "run"]
    assert invoked(shop) == len(kept) < 400
    shop.post("reset")
    assert invoked(shop) == 0


def record(shop: Shop, count: int, payload: bytes) -> None:
    """Have runs of `echo` in the journal as if they had happened."""
    emulator = shop.offline.emulator
    for number in range(count):
        run = FunctionRun(
            request_id=str(number),
            function_name="shop-dev-echo",
            function_arn="arn:aws:lambda:us-east-1:000000000000:function:shop-dev-echo",
            sent=payload,
            memory_mb=128,
            life=RunLife(3_000),
            log=RunLog(),
        )
        with emulator.lock:
            entry = RunEntry(emulator.now_ms, run, ())
            emulator.keep(entry)
            emulator.runs.started(entry, emulator.now_ms)
            entry.ended_ms = emulator.now_ms
            emulator.runs.ended(entry, Outcome(b"{}"))


def invoked(shop: Shop) -> int:
    """Return how often a client invoked something, as the map has it."""
    edges = shop.get("wiring")["edges"]
    return sum(edge["count"] for edge in edges if edge["from"] == "invoke")


def work_of(work: Callable[[], object]) -> int:
    """Return how many calls of functions a piece of work is."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def call(shop: Shop, service: str, operation: str, **request: Any) -> Any:
    """Call AWS by the console's door."""
    asked = {"service": service, "operation": operation, "request": request}
    return shop.post("call", asked)
