"""One emulator in virtual time, with queues, topics, rules and functions that know each other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.composition import compose
from chalice_offline.core.context import Caller
from chalice_offline.core.http import Headers, HttpResponse
from chalice_offline.core.pending import Pending
from chalice_offline.core.run import Outcome
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.services.lambda_ import FunctionSettings, LambdaState
from chalice_offline.transports.gateway import Gateway
from scripts.fuzzing import vocabulary as words

if TYPE_CHECKING:
    import logging

    from chalice_offline.core.http import HttpRequest
    from chalice_offline.core.run import FunctionRun
    from chalice_offline.core.scheduler import Timer

# So many timers may run at one instant, and in one step (a request, or virtual time passing).
# What needs more feeds itself, and would hang a caller.
TIMERS_PER_INSTANT = 5_000
TIMERS_PER_STEP = 300_000


class Endless(BaseException):
    """One step ran more timers than any honest one does. No `except Exception` may catch it."""


class World:
    """An emulator, the gateway in front of it, and the errors it logged."""

    def __init__(self, *, furnished: bool = True) -> None:
        self.driver = VirtualDriver(run_function=_run, send_request=_send)
        self.emulator = compose(self.driver)
        self.lambda_ = self.emulator.registry.state("lambda", LambdaState)
        self.gateway = Gateway(self.emulator)
        self.logged: list[logging.LogRecord] = []
        self._timers = 0  # in this step
        self._instant = (0, 0)  # the latest that timers ran at, and how many
        self._count_timers()
        for name in words.FUNCTIONS:
            self.lambda_.register(FunctionSettings(name, words.ACCOUNT_ID, words.REGION))
        if furnished:
            self._furnish()

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Send one request through the gateway and wait for its reply."""
        self._begin()
        reply = self.gateway.handle(request)
        if isinstance(reply, Pending):
            self.driver.wait(reply)
            reply = reply.result()
        return reply

    def settle(self, within_ms: int) -> None:
        """Run what is owed within a while."""
        self._begin()
        self.driver.settle(within_ms)

    def advance(self, duration_ms: int) -> None:
        """Let time pass."""
        self._begin()
        self.driver.advance(duration_ms)

    def _begin(self) -> None:
        self._timers, self._instant = 0, (0, 0)

    def _count_timers(self) -> None:
        """Let the scheduler stop a step that goes on for ever."""
        scheduler = self.emulator.scheduler
        pop_due = scheduler.pop_due

        def counted(now_ms: int) -> Timer | None:
            timer = pop_due(now_ms)
            if timer is not None:
                self._timers += 1
                at_ms, count = self._instant
                at_now_ms = self.emulator.now_ms
                self._instant = (at_now_ms, count + 1 if at_ms == at_now_ms else 1)
                if self._timers > TIMERS_PER_STEP or count > TIMERS_PER_INSTANT:
                    name = getattr(timer.callback, "__qualname__", timer.callback)
                    raise Endless(f"timers without end, {count} at one instant; the last is {name}")
            return timer

        scheduler.pop_due = counted  # type: ignore[method-assign]

    def _call(self, service: str, operation: str, **request: Any) -> Any:
        caller = Caller(words.ACCOUNT_ID, words.REGION, endpoint=words.ENDPOINT)
        return self.emulator.call(service, operation, request, caller)

    def _furnish(self) -> None:
        for name in ("dead", "dead.fifo", "slow", "orders", "orders.fifo"):
            fifo = name.endswith(".fifo")
            attributes = {"FifoQueue": "true"} if fifo else {}
            if name.startswith("orders"):
                arn = words.arn("sqs", "dead.fifo" if fifo else "dead")
                policy = {"deadLetterTargetArn": arn, "maxReceiveCount": 2}
                attributes["RedrivePolicy"] = json.dumps(policy)
            self._call("sqs", "CreateQueue", QueueName=name, Attributes=attributes)
        for number in range(5):
            self._call("sqs", "SendMessage", QueueUrl=words.QUEUE_URLS[2], MessageBody=str(number))
        for name in words.TOPICS:
            attributes = {"FifoTopic": "true"} if name.endswith(".fifo") else {}
            self._call("sns", "CreateTopic", Name=name, Attributes=attributes)
        self._subscribe(words.TOPIC_ARNS[0], "sqs", words.QUEUE_ARNS[0])
        self._subscribe(words.TOPIC_ARNS[0], "lambda", words.FUNCTION_ARNS[1])
        self._subscribe(words.TOPIC_ARNS[2], "sqs", words.QUEUE_ARNS[3])
        self._call("events", "CreateEventBus", Name="sales")
        for rule, bus in (("all", "default"), ("some", "sales")):
            pattern = json.dumps({"source": ["shop"]})
            self._call("events", "PutRule", Name=rule, EventBusName=bus, EventPattern=pattern)
            targets = [{"Id": "1", "Arn": words.QUEUE_ARNS[0]}]
            self._call("events", "PutTargets", Rule=rule, EventBusName=bus, Targets=targets)
        self._call(
            "lambda",
            "CreateEventSourceMapping",
            EventSourceArn=words.QUEUE_ARNS[0],
            FunctionName="partial",
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )
        self._call(
            "lambda",
            "CreateEventSourceMapping",
            EventSourceArn=words.QUEUE_ARNS[3],
            FunctionName="fails",
        )
        for name in words.BUCKETS:
            self._call("s3", "CreateBucket", Bucket=name)

    def _subscribe(self, topic: str, protocol: str, endpoint: str) -> None:
        self._call("sns", "Subscribe", TopicArn=topic, Protocol=protocol, Endpoint=endpoint)


def _run(run: FunctionRun) -> Outcome:
    """Be the handler: the functions are named for what they do."""
    if run.function_name == "fails":
        return Outcome(b'{"errorMessage": "no", "errorType": "Error"}', failed=True)
    if run.function_name == "nonsense":
        return Outcome(b'{"batchItemFailures": {"a": 5}}')
    if run.function_name == "partial":
        event = json.loads(run.payload)
        records = event.get("Records", []) if isinstance(event, dict) else []
        first = [one for one in records if isinstance(one, dict)][:1]
        failures = [{"itemIdentifier": one.get("messageId", "")} for one in first]
        return Outcome(json.dumps({"batchItemFailures": failures}).encode())
    return Outcome(run.payload)


def _send(request: HttpRequest, _timeout_ms: int) -> HttpResponse:
    """Be the world outside: one host is well, all others are down."""
    if "ok.example" in request.url:
        return HttpResponse(200, Headers(), b"{}")
    message = "no route to host"
    raise OSError(message)
