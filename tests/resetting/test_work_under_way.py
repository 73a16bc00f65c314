"""A service is reset while something of it is under way: nothing of it comes back afterwards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.composition import compose
from chalice_offline.core.context import Caller
from chalice_offline.core.pending import Pending
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.resetting import reset_service
from chalice_offline.storage import SqliteStorage
from chalice_offline.testing import Offline
from tests.resetting.conftest import ROLE, WAITS, write_shop
from tests.resetting.test_each_service import MACHINE, NEWS, ORDERS, TABLE, url, works

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chalice_offline.emulator import Emulator


def send(offline: Offline, queue: str, *bodies: str) -> None:
    """Send messages."""
    for body in bodies:
        offline.client("sqs").send_message(QueueUrl=url(offline, queue), MessageBody=body)


def ran(offline: Offline) -> list[tuple[str, str]]:
    """Return what has run, and how it ended; "" for what runs."""
    return [(run.function, run.outcome) for run in offline.runs()]


def counts(offline: Offline, queue: str) -> list[int]:
    """Return how many messages are visible, in flight and delayed."""
    names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
    found = offline.client("sqs").get_queue_attributes(
        QueueUrl=url(offline, queue), AttributeNames=names
    )
    return [int(found["Attributes"][name]) for name in names]


# ---- queues --------------------------------------------------------------------------------------


def test_a_run_whose_queue_is_reset_ends_and_its_message_is_nowhere(offline: Offline) -> None:
    """It neither comes back nor takes anything of the new queue; what waited behind it is gone."""
    send(offline, "orders", "slow", "soup")
    offline.advance(seconds=1)
    offline.reset("sqs")
    assert counts(offline, "orders") == [0, 0, 0]
    before = len(ran(offline))
    send(offline, "orders", "after")
    offline.settle()
    offline.advance(hours=0.5)
    assert ran(offline)[before:] == [("cook", "ok")]
    assert ("cook", "") not in ran(offline)
    assert counts(offline, "orders") == counts(offline, "letters") == [0, 0, 0]


def test_messages_that_wait_for_their_window_or_delay_are_gone(offline: Offline) -> None:
    """Received and not handed over, delayed, failed and hidden until the next try."""
    send(offline, "late", "one", "two")
    send(offline, "orders", "fugu")
    offline.client("sqs").send_message(
        QueueUrl=url(offline, "orders"), MessageBody="delayed", DelaySeconds=600
    )
    offline.advance(seconds=5, raise_errors=False)
    assert ran(offline) == [("cook", "ValueError")]
    offline.reset("sqs")
    offline.advance(minutes=50)
    offline.settle()
    assert ran(offline) == [("cook", "ValueError")]
    assert counts(offline, "letters") == [0, 0, 0]
    send(offline, "late", "three")
    offline.advance(seconds=60)
    assert ran(offline)[1:] == [("gather", "ok")]


def test_a_receipt_handle_of_before_fits_no_message_of_after(offline: Offline) -> None:
    """Though both queues have the same name, and their messages the same numbers."""
    sqs = offline.client("sqs")
    send(offline, "letters", "before")
    [old] = sqs.receive_message(QueueUrl=url(offline, "letters"))["Messages"]
    offline.reset("sqs")
    send(offline, "letters", "after")
    [new] = sqs.receive_message(QueueUrl=url(offline, "letters"))["Messages"]
    with pytest.raises(sqs.exceptions.ReceiptHandleIsInvalid):
        sqs.delete_message(QueueUrl=url(offline, "letters"), ReceiptHandle=old["ReceiptHandle"])
    sqs.delete_message(QueueUrl=url(offline, "letters"), ReceiptHandle=new["ReceiptHandle"])
    assert counts(offline, "letters") == [0, 0, 0]


# ---- streams -------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", ["kinesis", "dynamodb"])
def test_a_run_with_records_of_a_reset_stream_moves_nothing(offline: Offline, service: str) -> None:
    """The new stream is read from its beginning; what waited behind the run is gone."""

    def put(text: str) -> None:
        if service == "kinesis":
            offline.client("kinesis").put_record(
                StreamName="steps", Data=text.encode(), PartitionKey="a"
            )
        else:
            offline.client("dynamodb").put_item(TableName="dishes", Item={"id": {"S": text}})

    name = {"kinesis": "walk", "dynamodb": "taste"}[service]
    put("slow")
    offline.advance(seconds=1)
    put("behind")
    offline.reset(service)
    put("after")
    offline.settle()
    assert ran(offline) == [(name, "ok"), (name, "ok")]
    put("more")
    offline.settle()
    assert ran(offline)[2:] == [(name, "ok")]


# ---- functions -----------------------------------------------------------------------------------


def test_tries_of_asynchronous_events_end_with_lambda(offline: Offline) -> None:
    """Those that are waited for, and those that would follow a run under way."""
    lambda_ = offline.client("lambda")
    for event in ({}, {"slow": 1}):
        lambda_.invoke(
            FunctionName="shop-dev-fails", InvocationType="Event", Payload=json.dumps(event)
        )
    offline.advance(seconds=1, raise_errors=False)
    assert ran(offline) == [("fails", "KeyError"), ("fails", "")]
    offline.reset("lambda")
    offline.advance(hours=0.9, raise_errors=False)
    assert ran(offline) == [("fails", "KeyError"), ("fails", "KeyError")]


def test_a_run_keeps_its_timeout_when_lambda_is_reset(offline: Offline) -> None:
    """Who waits for it is answered, and its message, when it was received, is done with."""
    send(offline, "orders", "slow", "soup")
    offline.advance(seconds=1)
    offline.reset("lambda")
    offline.settle()
    assert ran(offline) == [("cook", "ok")] * 2
    assert counts(offline, "orders") == [0, 0, 0]
    works(offline)


def test_batches_of_a_mapping_return_to_the_queue_when_lambda_is_reset(offline: Offline) -> None:
    """The queue is not reset: the project's new mapping gets them."""
    send(offline, "late", "one", "two")
    offline.advance(seconds=5)
    offline.reset("lambda")
    offline.advance(seconds=61)
    assert ran(offline) == [("gather", "ok")]
    assert counts(offline, "late") == [0, 0, 0]


# ---- deliveries, schedules, workflows ------------------------------------------------------------


def test_deliveries_that_are_tried_again_end_with_their_service(offline: Offline) -> None:
    """A rule and a subscription whose queue is gone try for long; not after a reset."""
    offline.client("sqs").create_queue(QueueName="gone")
    gone = ORDERS.replace("orders", "gone")
    events, sns = offline.client("events"), offline.client("sns")
    events.put_rule(Name="to-gone", EventPattern=json.dumps({"source": ["gone"]}))
    events.put_targets(Rule="to-gone", Targets=[{"Id": "1", "Arn": gone}])
    sns.subscribe(TopicArn=NEWS, Protocol="sqs", Endpoint=gone)
    offline.faults.error("sqs.SendMessage")
    events.put_events(Entries=[{"Source": "gone", "DetailType": "t", "Detail": "{}"}])
    sns.publish(TopicArn=NEWS, Message="m")
    offline.advance(seconds=10, raise_errors=False)
    for service in ("events", "sns"):
        assert pending(offline, service)
        offline.reset(service)
        assert not pending(offline, service)
    offline.faults.clear()
    offline.settle()
    assert counts(offline, "gone") == [0, 0, 0]
    works(offline)


def pending(offline: Offline, service: str) -> int:
    """Return how many owed timers are deliveries of a service."""
    from chalice_offline.core.belonging import Belonging

    belongs = Belonging(f"chalice_offline.services.{service}")
    timers = [one[2] for one in offline.emulator.scheduler._owed]
    return sum(not timer.cancelled and belongs(timer.callback) for timer in timers)


def test_schedules_of_clients_are_kept_no_more(offline: Offline) -> None:
    """Rules and schedules that fall due after the reset of their service."""
    events, scheduler = offline.client("events"), offline.client("scheduler")
    events.put_rule(Name="soon", ScheduleExpression="rate(1 minute)")
    events.put_targets(Rule="soon", Targets=[{"Id": "1", "Arn": ORDERS}])
    target = {"Arn": ORDERS, "RoleArn": ROLE, "Input": "soup"}
    scheduler.create_schedule(
        Name="soon",
        ScheduleExpression="rate(1 minute)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )
    offline.advance(minutes=1)
    count = len(ran(offline))
    assert count >= 2
    offline.reset("events")
    offline.reset("scheduler")
    offline.advance(minutes=30)
    assert len(ran(offline)) == count


def test_executions_end_where_they_are_and_eventbridge_hears_nothing(offline: Offline) -> None:
    """A wait that is over later does not go on."""
    sfn, events = offline.client("stepfunctions"), offline.client("events")
    events.put_rule(Name="ends", EventPattern=json.dumps({"source": ["aws.states"]}))
    letters = ORDERS.replace("orders", "letters")
    events.put_targets(Rule="ends", Targets=[{"Id": "1", "Arn": letters}])
    [visible, *_] = counts(offline, "letters")
    sfn.start_execution(stateMachineArn=MACHINE)
    offline.advance(seconds=1)
    assert counts(offline, "letters") == [visible + 1, 0, 0]  # that it runs
    offline.reset("stepfunctions")
    assert sfn.list_executions(stateMachineArn=MACHINE)["executions"] == []
    offline.advance(minutes=10)
    assert counts(offline, "letters") == [visible + 1, 0, 0]


# ---- who waits for an answer ---------------------------------------------------------------------

CALLER = Caller("000000000000", "us-east-1")


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator without a project."""
    driver = VirtualDriver()
    yield compose(driver)
    driver.close()


def test_who_waits_for_messages_tasks_or_an_execution_is_answered(emulator: Emulator) -> None:
    """A long poll and a worker's poll with nothing, a synchronous execution as aborted."""

    def call(service: str, operation: str, **request: Any) -> Any:
        return emulator.call(service, operation, request, CALLER)

    queue = call("sqs", "CreateQueue", QueueName="q")["QueueUrl"]
    poll = call("sqs", "ReceiveMessage", QueueUrl=queue, WaitTimeSeconds=20)
    activity = call("stepfunctions", "CreateActivity", name="a")["activityArn"]
    worker = call("stepfunctions", "GetActivityTask", activityArn=activity)
    machine = call(
        "stepfunctions",
        "CreateStateMachine",
        name="m",
        definition=json.dumps(WAITS),
        roleArn=ROLE,
        type="EXPRESS",
    )
    arn = machine["stateMachineArn"]
    execution = call("stepfunctions", "StartSyncExecution", stateMachineArn=arn)
    assert isinstance(poll, Pending)
    assert not (poll.done or worker.done or execution.done)
    reset_service(emulator, "sqs")
    reset_service(emulator, "stepfunctions")
    assert (poll.result(), worker.result()) == ({}, {})
    assert execution.result()["status"] == "ABORTED"
    assert execution.result()["cause"] == "Step Functions was reset."


def test_a_reset_without_a_project_leaves_an_empty_service(emulator: Emulator) -> None:
    """And no timer of it, whatever it had under way."""
    emulator.call("sqs", "CreateQueue", {"QueueName": "q"}, CALLER)
    emulator.call("kinesis", "CreateStream", {"StreamName": "s", "ShardCount": 1}, CALLER)
    emulator.call("dynamodb", "CreateTable", {"TableName": "extra", **TABLE}, CALLER)
    for service in ("sqs", "kinesis", "dynamodb"):
        reset_service(emulator, service)
    assert emulator.call("sqs", "ListQueues", {}, CALLER) == {}
    assert emulator.call("kinesis", "ListStreams", {}, CALLER)["StreamNames"] == []
    assert emulator.call("dynamodb", "ListTables", {}, CALLER)["TableNames"] == []
    assert emulator.scheduler.next_due_ms() is None


WAITING = {
    "Resources": {
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Condition": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "3600"},
        },
        "After": {"Type": "AWS::SQS::Queue", "DependsOn": "Condition"},
    }
}


@pytest.mark.parametrize(("is_project", "status"), [(False, None), (True, "ROLLBACK_COMPLETE")])
def test_a_stack_on_its_way_is_abandoned_unless_it_is_the_projects(
    emulator: Emulator, is_project: bool, status: str | None
) -> None:
    """Nothing is waited for any more; the project's goes on, up to its timeout."""
    driver = emulator.driver
    assert isinstance(driver, VirtualDriver)
    request = {"StackName": "s", "TemplateBody": json.dumps(WAITING), "IsHeld": is_project}
    emulator.call("cloudformation", "CreateStack", request, CALLER)
    driver.advance(1_000)
    reset_service(emulator, "cloudformation")
    assert (emulator.scheduler.next_due_ms(owed_only=True) is None) == (not is_project)
    driver.advance(3_600_000)
    stacks = emulator.call("cloudformation", "ListStacks", {}, CALLER)["StackSummaries"]
    assert [stack["StackStatus"] for stack in stacks] == ([status] if status else [])


def test_a_reset_is_kept_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is gone and what is made again are kept in storage with one commit, the last thing."""
    storage = SqliteStorage(tmp_path / "kept.state")
    driver = VirtualDriver()
    emulator = compose(driver, storage=storage)
    steps: list[str] = []
    commit = storage.commit

    def committed() -> None:
        steps.append("commit")
        commit()

    def restore() -> None:
        emulator.call("dynamodb", "CreateTable", {"TableName": "again", **TABLE}, CALLER)
        steps.append("restored")

    try:
        emulator.call("dynamodb", "CreateTable", {"TableName": "extra", **TABLE}, CALLER)
        monkeypatch.setattr(storage, "commit", committed)
        reset_service(emulator, "dynamodb", restore)
        assert steps == ["restored", "commit"]
        with pytest.raises(RuntimeError):
            reset_service(emulator, "dynamodb", raises)
        assert steps[2:] == ["commit"]
        emulator.call("dynamodb", "CreateTable", {"TableName": "more", **TABLE}, CALLER)
        assert len(steps) > 3
    finally:
        driver.close()
        storage.close()


def raises() -> None:
    """Fail as what makes things again may."""
    raise RuntimeError


# ---- two emulators -------------------------------------------------------------------------------


def test_emulators_in_one_process_are_reset_alone(tmp_path: Path) -> None:
    """Also what moto answers, of which the process has one."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_shop(tmp_path / name)

    def fill(offline: Offline) -> None:
        offline.client("ssm").put_parameter(Name="/extra", Type="String", Value="1")
        offline.client("sqs").create_queue(QueueName="extra")

    def has(offline: Offline) -> tuple[bool, bool]:
        found = offline.client("ssm").describe_parameters()["Parameters"]
        queues = offline.client("sqs").list_queues()["QueueUrls"]
        return (
            {one["Name"] for one in found} == {"/setting", "/extra"},
            any(queue.endswith("extra") for queue in queues),
        )

    with (
        Offline(tmp_path / "one", stage="dev") as one,
        Offline(tmp_path / "two", stage="dev") as two,
    ):
        fill(one)
        fill(two)
        one.reset("ssm")
        two.reset("sqs")
        assert has(one) == (False, True)
        assert has(two) == (True, False)
        assert one.client("ssm").get_parameter(Name="/setting")["Parameter"]["Value"] == "one"
