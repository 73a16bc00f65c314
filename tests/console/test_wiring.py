"""What leads to which handler, how often it did, and what came through nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    assert of_topic["why"] == [
        'shop-dev-read_news: "kind" must be "menu", but the event has "price".'
    ]
    told = shop.send("GET", f"stories/{of_queue['story']}/text").body.decode()
    assert "orders: filtered out (function shop-dev-cook, Filter 1:" in told


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


def call(shop: Shop, service: str, operation: str, **request: Any) -> Any:
    """Call AWS by the console's door."""
    asked = {"service": service, "operation": operation, "request": request}
    return shop.post("call", asked)
