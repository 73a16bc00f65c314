"""No order without its event, whatever fails in between, and no ticket twice."""

import pytest

# The functions may do what .chalice/policy.json says, and nothing else.
pytestmark = pytest.mark.offline(iam="enforce")


def place(offline, order_id):
    return offline.http.post("/orders", json={"id": order_id, "dish": "soup"}).status_code


def keys(offline, kind):
    found = offline.client("dynamodb").scan(TableName="orders")["Items"]
    return sorted(item["pk"]["S"] for item in found if item["pk"]["S"].startswith(kind))


def test_order_becomes_a_ticket(offline):
    assert place(offline, "a-1") == 201

    offline.settle()

    assert keys(offline, "ticket#") == ["ticket#a-1"]
    assert "cook" in str(offline.trace("a-1"))  # the whole story, from request to ticket


def test_same_order_twice_is_one_order(offline):
    assert [place(offline, "a-1"), place(offline, "a-1")] == [201, 409]

    offline.settle()

    assert keys(offline, "ticket#") == ["ticket#a-1"]


def test_nothing_is_lost_while_the_bus_is_down(offline):
    offline.faults.error("events.PutEvents")
    placed = [place(offline, f"a-{number}") for number in range(5)]
    offline.advance(minutes=30, raise_errors=False)
    assert placed == [201] * 5
    assert keys(offline, "ticket#") == []

    offline.faults.clear()
    offline.settle()

    assert len(keys(offline, "ticket#")) == 5


def test_events_that_come_twice_make_one_ticket(offline):
    offline.faults.duplicate("publish")
    offline.faults.duplicate("cook")
    place(offline, "a-1")

    offline.settle()

    assert keys(offline, "ticket#") == ["ticket#a-1"]


def test_what_cannot_be_written_whole_is_not_written(offline):
    offline.faults.error("dynamodb.TransactWriteItems")
    assert place(offline, "a-1") == 500

    offline.settle()

    assert keys(offline, "") == []
