"""A partner's order on its way to the till and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from simulators.street import Street


def test_orders_of_both_partners_are_printed_once_and_accepted(street: Street) -> None:
    """Every order becomes exactly one ticket, and its partner is told yes."""
    orders = street.order(6)
    street.settle()
    assert sorted(street.tickets()) == sorted(order.order_id for order in orders)
    assert street.decisions() == {order.order_id: "accepted" for order in orders}


def test_a_duplicate_webhook_makes_no_second_ticket(street: Street) -> None:
    """Partners send webhooks again whenever they feel like it."""
    for partner in (street.world.uber, street.world.doordash):
        partner.faults.add("*", "duplicate_webhook", times=4)
    orders = street.order(4)
    street.settle()
    assert sorted(street.tickets()) == sorted(order.order_id for order in orders)
    assert set(street.decisions().values()) == {"accepted"}


@pytest.mark.parametrize(
    "fault", ["rate_limited", "error_before_commit", "error_after_commit", "slow_success"]
)
@pytest.mark.parametrize("operation", ["CreateOrder", "CreatePayment"])
def test_trouble_at_the_till_costs_time_but_no_order(
    street: Street, operation: str, fault: str
) -> None:
    """429, 500 before and after the commit, and a reply that never comes: one ticket each."""
    street.world.square.faults.add(operation, fault, times=1)
    orders = street.order(2)
    street.settle()
    assert sorted(street.tickets()) == sorted(order.order_id for order in orders)
    assert set(street.decisions().values()) == {"accepted"}


def test_a_till_that_stays_down_is_answered_with_a_refusal_before_the_deadline(
    street: Street,
) -> None:
    """No partner is left without an answer; nothing is printed after a no."""
    street.world.square.faults.add("*", "error_before_commit", times=10_000)
    orders = street.order(2)
    placed_at = street.offline.now
    street.go(seconds=240)  # it is never at rest: tickets are looked for, and partners told of it
    assert street.decisions() == {order.order_id: "denied" for order in orders}
    decided = [
        d.at_ms for d in (*street.world.uber.decisions(), *street.world.doordash.decisions())
    ]
    assert max(decided) / 1000 - placed_at.timestamp() <= 180
    street.world.square.faults.clear()
    street.pass_time(seconds=600)
    assert street.tickets() == []


def test_the_ticket_shows_what_the_customer_paid(street: Street) -> None:
    """The payment recorded at the till is the sum of the goods, in minor units."""
    orders = {order.order_id: order for order in street.order(4)}
    street.settle()
    paid = [payment["amount_money"]["amount"] for payment in street.world.square.payments()]
    assert sorted(paid) == sorted(order.subtotal for order in orders.values())


def test_a_forged_webhook_is_refused_and_changes_nothing(street: Street) -> None:
    """A signature that does not fit gets 401, and no event follows."""
    reply = street.offline.http.post(
        "/webhooks/uber_eats",
        headers={"X-Uber-Signature": "0" * 64, "Content-Type": "application/json"},
        body=b'{"event_type": "orders.notification"}',
    )
    assert reply.status_code == 401
    street.settle()
    assert street.tickets() == []
    assert street.offline.client("dynamodb").scan(TableName="orders")["Count"] == 0


def test_the_journey_of_an_order_is_one_story(street: Street) -> None:
    """The trace leads from the webhook to the answer."""
    (order,) = street.order(1)
    street.settle()
    story = str(street.offline.trace(order.order_id))
    for step in (
        "POST /webhooks/",
        "PutEvents",
        "inbound runs",
        "submit_square runs",
        "callbacks runs",
    ):
        assert step in story


def test_a_poison_message_ends_in_the_dead_letter_queue_and_can_be_redriven(
    street: Street,
) -> None:
    """What no retry mends waits where people look, and comes back on their word."""
    sqs = street.offline.client("sqs")
    url = sqs.get_queue_url(QueueName="inbound-orders")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="this is no event")
    street.settle()
    assert street.queue_depth("inbound-orders-dead-letters") == 1
    dead_letters = sqs.get_queue_url(QueueName="inbound-orders-dead-letters")["QueueUrl"]
    names = ["QueueArn"]
    arn = sqs.get_queue_attributes(QueueUrl=dead_letters, AttributeNames=names)["Attributes"]
    sqs.start_message_move_task(SourceArn=arn["QueueArn"])
    street.settle()
    assert street.queue_depth("inbound-orders-dead-letters") == 1
