"""Random histories of a standard and a FIFO queue with dead-letter queues, against a model."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from chalice_offline.core.context import Caller
from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.emulator import Emulator
from chalice_offline.services.sqs import service
from chalice_offline.services.sqs.auditor import audit

MAXIMUM_RECEIVES = 2
ACCOUNT = "000000000000"
GROUPS = ("a", "a", "b")
SOURCES = ("orders", "orders.fifo")
DEAD_LETTERS = {"orders": "dead", "orders.fifo": "dead.fifo"}


@dataclass
class Sent:
    """What the model knows of a message: its place in line and how it fared."""

    queue: str
    group: str
    order: int
    receives: int = 0
    hidden_until_ms: int = 0
    handles: list[str] = field(default_factory=list)


class QueueHistories(RuleBasedStateMachine):
    """Whatever clients do and however time passes, SQS keeps its promises."""

    handles = Bundle("handles")

    @initialize()
    def start(self) -> None:
        self.driver = VirtualDriver()
        self.emulator = Emulator(self.driver)
        sqs = service(self.emulator)
        self.sqs = sqs.state
        self.emulator.add(sqs)
        self.live: dict[str, Sent] = {}
        self.polls: list[tuple[str, int, Pending[dict[str, Any]]]] = []
        self.sends = 0
        for name in SOURCES:
            fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
            self.call("CreateQueue", QueueName=DEAD_LETTERS[name], Attributes=fifo)
            arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{DEAD_LETTERS[name]}"
            policy = {"deadLetterTargetArn": arn, "maxReceiveCount": MAXIMUM_RECEIVES}
            attributes = {**fifo, "RedrivePolicy": json.dumps(policy)}
            self.call("CreateQueue", QueueName=name, Attributes=attributes)

    def call(self, operation: str, **request: Any) -> Any:
        return self.emulator.call("sqs", operation, request, Caller(account_id=ACCOUNT))

    # ---- what clients do ----------------------------------------------------------------------

    @rule(
        name=st.sampled_from(SOURCES),
        groups=st.lists(st.sampled_from(GROUPS), min_size=1, max_size=5),
        delay=st.sampled_from([0, 0, 0, 5, 40]),
    )
    def send(self, name: str, groups: list[str], delay: int) -> None:
        for group in groups:
            self.sends += 1
            request: dict[str, Any] = {"QueueUrl": name, "MessageBody": f"message {self.sends}"}
            if name.endswith(".fifo"):
                request |= {"MessageGroupId": group, "MessageDeduplicationId": str(self.sends)}
            else:
                request |= {"DelaySeconds": delay}
            message_id = self.call("SendMessage", **request)["MessageId"]
            self.live[message_id] = Sent(name, group, self.sends)
            if delay and not name.endswith(".fifo"):
                self.live[message_id].hidden_until_ms = self.emulator.now_ms + delay * 1000
            self.take_in_polls()

    @rule(
        target=handles,
        name=st.sampled_from([*SOURCES, *SOURCES, *DEAD_LETTERS.values()]),
        count=st.integers(1, 10),
        timeout=st.sampled_from([0, 5, 30, 30]),
    )
    def receive(self, name: str, count: int, timeout: int) -> Any:
        if not self.available(name):  # look where something is, if anywhere
            name = next(filter(self.available, (*SOURCES, *DEAD_LETTERS.values())), name)
        available = self.available(name)
        reply = self.call(
            "ReceiveMessage",
            QueueUrl=name,
            MaxNumberOfMessages=count,
            VisibilityTimeout=timeout,
            MessageSystemAttributeNames=["All"],
        )
        received = self.check_received(name, reply, timeout)
        assert len(received) == min(count, available), "a receive found too little or too much"
        self.take_in_polls()
        return multiple(*received)

    @rule(name=st.sampled_from(SOURCES), timeout=st.sampled_from([1, 10]), often=st.booleans())
    def start_long_poll(self, name: str, timeout: int, *, often: bool) -> None:
        if self.available(name) and not often:
            return
        reply = self.call(
            "ReceiveMessage",
            QueueUrl=name,
            MaxNumberOfMessages=3,
            VisibilityTimeout=timeout,
            WaitTimeSeconds=20,
            MessageSystemAttributeNames=["All"],
        )
        if isinstance(reply, Pending):
            self.polls.append((name, timeout, reply))
        else:
            self.check_received(name, reply, timeout)

    @rule(handle=consumes(handles))
    def delete(self, handle: tuple[str, str, str]) -> None:
        name, message_id, receipt = handle
        sent = self.live.get(message_id)
        in_place = sent is not None and sent.queue == name
        held = (
            in_place and sent.hidden_until_ms > self.emulator.now_ms and sent.handles[-1] == receipt
        )
        try:
            self.call("DeleteMessage", QueueUrl=name, ReceiptHandle=receipt)
        except AwsError as error:
            assert name.endswith(".fifo") and in_place and not held, error
            return
        assert held or not (in_place and name.endswith(".fifo"))
        if in_place:
            del self.live[message_id]
        self.take_in_polls()

    @rule(handle=handles, timeout=st.sampled_from([0, 5, 60]))
    def change_visibility(self, handle: tuple[str, str, str], timeout: int) -> None:
        name, message_id, receipt = handle
        sent = self.live.get(message_id)
        if sent is None or sent.queue != name:
            return
        try:
            self.call(
                "ChangeMessageVisibility",
                QueueUrl=name,
                ReceiptHandle=receipt,
                VisibilityTimeout=timeout,
            )
        except AwsError as error:
            assert name.endswith(".fifo"), error
            return
        sent.hidden_until_ms = self.emulator.now_ms + timeout * 1000
        self.take_in_polls()

    @rule(seconds=st.sampled_from([1, 1, 5, 31]))
    def advance(self, seconds: int) -> None:
        due_ms = self.emulator.now_ms + seconds * 1000
        while self.emulator.now_ms < due_ms:
            self.driver.advance(1000)
            self.take_in_polls()

    @rule(name=st.sampled_from(SOURCES), seldom=st.integers(0, 19))
    def purge(self, name: str, seldom: int) -> None:
        if seldom:
            return
        try:
            self.call("PurgeQueue", QueueUrl=name)
        except AwsError as error:
            assert error.code == "PurgeQueueInProgress"
            return
        self.live = {one: sent for one, sent in self.live.items() if sent.queue != name}

    # ---- what SQS promises --------------------------------------------------------------------

    def check_received(
        self, name: str, reply: dict[str, Any], timeout: int
    ) -> list[tuple[str, str, str]]:
        received: list[tuple[str, str, str]] = []
        self.note_dead_letters(name)
        before = self.line_by_group(name)
        batch: dict[str, list[str]] = {}
        for message in reply.get("Messages", []):
            sent = self.live[message["MessageId"]]
            assert sent.queue == name, "a message came out of a queue it is not in"
            assert sent.hidden_until_ms <= self.emulator.now_ms, "received while hidden"
            batch.setdefault(sent.group, []).append(message["MessageId"])
            sent.receives += 1
            assert int(message["Attributes"]["ApproximateReceiveCount"]) == sent.receives
            sent.hidden_until_ms = self.emulator.now_ms + timeout * 1000
            sent.handles.append(message["ReceiptHandle"])
            received.append((name, message["MessageId"], message["ReceiptHandle"]))
        if name.endswith(".fifo"):
            for group, ids in batch.items():
                assert ids == before[group][: len(ids)], "a group was not handed out in order"
        return received

    def available(self, name: str) -> int:
        """Return how many messages one receive could get: in FIFO queues up to the first hidden."""
        now_ms = self.emulator.now_ms
        count = 0
        for line in self.line_by_group(name).values():
            for one in line:
                sent = self.live[one]
                is_dead = name in DEAD_LETTERS and sent.receives >= MAXIMUM_RECEIVES
                if sent.hidden_until_ms <= now_ms:
                    count += not is_dead
                elif name.endswith(".fifo"):
                    break
        return count

    def note_dead_letters(self, name: str) -> None:
        """Let the model follow messages to the dead-letter queue, and check they had to go."""
        target = DEAD_LETTERS.get(name)
        if target is None:
            return
        queue = self.sqs.find_queue_or_none(f"arn:aws:sqs:us-east-1:{ACCOUNT}:{target}")
        assert queue is not None
        for message in queue.messages.values():
            sent = self.live[message.message_id]
            if sent.queue == name:
                assert sent.receives == MAXIMUM_RECEIVES, "dead-lettered too early"
                assert sent.hidden_until_ms <= self.emulator.now_ms
                sent.queue = target
                sent.order = message.number

    def line_by_group(self, name: str) -> dict[str, list[str]]:
        line: dict[str, list[str]] = {}
        for one, sent in sorted(self.live.items(), key=lambda item: item[1].order):
            if sent.queue == name:
                line.setdefault(sent.group, []).append(one)
        return line

    def take_in_polls(self) -> None:
        for name, timeout, poll in tuple(self.polls):
            if poll.done:
                self.polls.remove((name, timeout, poll))
                self.check_received(name, poll.result(), timeout)
        for name, _, _ in self.polls:
            assert not self.available(name), "somebody waits for a message that is there"
        for name in SOURCES:
            self.note_dead_letters(name)

    @invariant()
    def every_message_is_in_one_place(self) -> None:
        if not hasattr(self, "sqs"):
            return
        self.take_in_polls()
        assert audit(self.sqs) == []
        held = {
            message.message_id: queue.key.name
            for queue in self.sqs.queues.values()
            for message in queue.messages.values()
        }
        assert held == {one: sent.queue for one, sent in self.live.items()}

    def teardown(self) -> None:
        """Once all timeouts are over, exactly what was not deleted can be received."""
        if not hasattr(self, "sqs"):
            return
        self.advance(61)
        found: set[str] = set()
        for name in (*SOURCES, *DEAD_LETTERS.values()):
            while True:
                request = {"QueueUrl": name, "MaxNumberOfMessages": 10, "VisibilityTimeout": 900}
                messages = self.call("ReceiveMessage", **request).get("Messages", [])
                if not messages:
                    break
                for message in messages:
                    found.add(message["MessageId"])
                    handle = message["ReceiptHandle"]
                    self.call("DeleteMessage", QueueUrl=name, ReceiptHandle=handle)
        assert found == set(self.live)


TestQueueHistories = QueueHistories.TestCase
TestQueueHistories.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
