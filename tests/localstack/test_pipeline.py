"""The order pipeline on a real LocalStack: its SQS, SNS, EventBridge, S3, Secrets Manager."""

from __future__ import annotations

import threading
from typing import Any

from chalice_offline.attach.poller import LONG_POLL_SECONDS

from .conftest import wait_until

ORDERS = 20
ACCEPTED = {"accepted", "accepted_at_once", "accepted_on_tablet"}


def test_stack_is_deployed_from_resources_json(pipeline: Any) -> None:
    """.chalice/resources.json is a CloudFormation stack that LocalStack completes."""
    cloudformation = pipeline.localstack.client("cloudformation")
    (stack,) = cloudformation.describe_stacks(StackName="order-middleware-local")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    tables = pipeline.localstack.client("dynamodb").list_tables()["TableNames"]
    assert {"orders", "stores", "menu-items", "partner-tokens"} <= set(tables)


def test_provisioning_again_changes_nothing(pipeline: Any) -> None:
    """A second run with --provision finds the stack and the tables up to date."""
    pipeline.session.provision()


def test_menus_in_the_bucket_are_imported(pipeline: Any) -> None:
    """An upload to S3 reaches the handler through its queue, and the menu the tables."""
    expected = len(pipeline.world.generator.menu_files())
    dynamodb = pipeline.localstack.client("dynamodb")

    def stores() -> bool:
        items = dynamodb.scan(TableName="stores")["Items"]
        return len({str(item.get("store_id") or item) for item in items}) >= expected

    wait_until(stores, f"{expected} stores in the table")
    wait_until(lambda: pipeline.invocations("menus") >= expected, "every menu to be handled")


def test_webhooks_become_tickets_and_answers(pipeline: Any) -> None:
    """Every order is printed exactly once and its partner is told yes."""
    wait_until(lambda: pipeline.invocations("menus") >= 3, "the menus")
    placed = {order.order_id for order in pipeline.world.place_next(ORDERS)}
    wait_until(lambda: placed <= pipeline.decisions().keys(), f"{ORDERS} decisions")
    decisions = pipeline.decisions()
    assert {decisions[order_id] for order_id in placed} <= ACCEPTED
    tickets = [one for one in pipeline.tickets() if one in placed]
    assert sorted(tickets) == sorted(placed)
    for queue in ("inbound-orders", "pos-square", "channel-callbacks"):
        assert pipeline.localstack.depth(f"{queue}-dead-letters") == 0


def test_point_of_sales_webhook_reaches_its_handler(pipeline: Any) -> None:
    """Square's webhook goes over the default bus and its queue to pos_events."""
    (order,) = pipeline.world.place_next()
    wait_until(lambda: order.order_id in pipeline.decisions(), "the order to be decided")
    square = pipeline.world.square
    (ticket,) = [t for t in square.tickets() if order.order_id in (t.reference_id or "")]
    before = pipeline.invocations("pos_events")
    square.fulfil(ticket.order_id, "COMPLETED")
    wait_until(lambda: pipeline.invocations("pos_events") > before, "pos_events to run")


def test_poison_reaches_the_dead_letters_and_comes_back(pipeline: Any) -> None:
    """After maxReceiveCount failures the message is set aside; a move task brings it back."""
    localstack = pipeline.localstack
    sqs = localstack.client("sqs")
    queue, dead = localstack.queue_url("notifications"), "notifications-dead-letters"
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    # A poll that is under way would still hide the message for as long as before.
    threading.Event().wait(LONG_POLL_SECONDS + 1)
    before = pipeline.invocations("notifications")
    sqs.send_message(QueueUrl=queue, MessageBody='{"no": "event"}')
    wait_until(lambda: localstack.depth(dead) == 1, "the dead letter")
    assert pipeline.invocations("notifications") == before + 10

    url = localstack.queue_url(dead)
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    sqs.start_message_move_task(SourceArn=arn["QueueArn"])

    def moved() -> bool:
        (task,) = sqs.list_message_move_tasks(SourceArn=arn["QueueArn"])["Results"]
        return task["Status"] == "COMPLETED" and task["ApproximateNumberOfMessagesMoved"] == 1

    wait_until(moved, "the move")
    wait_until(
        lambda: pipeline.invocations("notifications") > before + 10, "the handler to see it again"
    )
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "60"})
    sqs.purge_queue(QueueUrl=queue)
    sqs.purge_queue(QueueUrl=url)


def test_schedule_fires(pipeline: Any) -> None:
    """The rule of the minute reaches the sweep handler through its queue."""
    wait_until(lambda: pipeline.invocations("sweep") >= 1, "the sweep", seconds=130)
    assert pipeline.session.counts()["sweep"].failures == 0
