"""What leads to which handler, how often it did, and what came through nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    assert "source" in found["reasons"]["near_misses"]
