"""An episode: some hundred requests to one emulator, made, sent, checked, played again."""

from __future__ import annotations

import logging
import random
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError

from chalice_offline.protocols import operation_names
from chalice_offline.protocols.service_models import model_for
from scripts.fuzzing import checks, wire
from scripts.fuzzing.values import ValueSource
from scripts.fuzzing.vocabulary import Vocabulary
from scripts.fuzzing.world import Endless, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.http import HttpRequest

EPISODE_LENGTH = 250
_CHECK_EVERY = 25
_SERVICES = (
    ("sqs", "json", 4),
    ("sqs", "query", 2),
    ("sns", "query", 4),
    ("events", "json", 5),
    ("scheduler", "rest-json", 3),
    ("lambda", "rest-json", 3),
    ("s3", "rest-xml", 2),
)
# Of S3 only the notifications are emulated; the last four cause some.
_S3_OPERATIONS = (
    "PutBucketNotificationConfiguration", "GetBucketNotificationConfiguration",
    "PutBucketNotification", "PutObject", "CopyObject", "DeleteObject", "PutObjectTagging",
)  # fmt: skip
# Operations everything else is about come up more often.
_FREQUENT = (
    "SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "Publish",
    "PublishBatch", "PutEvents", "Invoke", "PutObject", "ChangeMessageVisibility",
)  # fmt: skip
# What is deleted cannot be asked about any more.
_ENDING = (
    "DeleteQueue",
    "DeleteTopic",
    "DeleteEventBus",
    "DeleteR",
    "DeleteS",
    "DeleteC",
    "Remove",
)
_PAUSES_MS = (1_000, 1_000, 30_000, 30_000, 900_000, 86_400_000)
_SETTLE_WITHIN_MS = 600_000


@dataclass(frozen=True)
class Step:
    """A request, or time that passes: "settle" and "advance" with so many milliseconds."""

    request: HttpRequest | None = None
    name: str = ""
    pause: str = ""
    pause_ms: int = 0


@dataclass(frozen=True)
class Failure:
    """What broke at a step. `delegated`: in what answers for the services that are not ours."""

    index: int
    reason: str
    kind: str
    delegated: bool = False
    detail: str = ""

    @property
    def is_final(self) -> bool:
        """Whether what follows would only fail for the same reason."""
        return self.kind.startswith(("state", "Endless"))


@dataclass
class Run:
    """What an episode did: its steps as they were sent, and how each operation fared."""

    steps: list[Step] = field(default_factory=list)
    statuses: dict[str, dict[int, int]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    def count(self, name: str, status: int) -> None:
        """Add one reply to the table."""
        row = self.statuses.setdefault(name, {})
        row[status] = row.get(status, 0) + 1


class Generator:
    """Makes the steps of one episode, in one order that depends on the seed and the replies."""

    def __init__(self, seed: str, world: World) -> None:
        self._dice = random.Random(seed)
        self.vocabulary = Vocabulary()
        self._values = ValueSource(self._dice, self.vocabulary)
        names = world.emulator.registry.names()
        self._services = [one for one in _SERVICES if one[0] in names]
        self._weights = [weight for _, _, weight in self._services]

    def pause(self) -> Step | None:
        """Return time that passes, now and then."""
        chance = self._dice.random()
        if chance < 0.04:
            return Step(pause="advance", pause_ms=self._dice.choice(_PAUSES_MS))
        return Step(pause="settle", pause_ms=_SETTLE_WITHIN_MS) if chance < 0.12 else None

    def request(self) -> Step:
        """Return a request: half are plausible, the others have something wrong with them."""
        service, protocol, _ = self._dice.choices(self._services, self._weights)[0]
        operation = self._operation(service)
        wildness = self._dice.choice([0.0, 0.0, 0.0, 0.0, 0.05, 0.2])
        request = self._written(service, protocol, operation, wildness)
        if self._dice.random() < 0.25:
            request = wire.damaged(self._dice, request)
        return Step(request, f"{service}.{operation}")

    def _operation(self, service: str) -> str:
        names = _S3_OPERATIONS if service == "s3" else operation_names(service)
        if self._dice.random() < 0.25:
            names = tuple(name for name in _FREQUENT if name in names) or names
        weights = [1 if name.startswith(_ENDING) else 4 for name in names]
        return self._dice.choices(names, weights)[0]

    def _written(self, service: str, protocol: str, operation: str, wildness: float) -> HttpRequest:
        shape = model_for(service, protocol).operation_model(operation).input_shape
        while True:
            parameters = self._values.parameters(
                service, shape, wildness=wildness, sparse=operation in _S3_OPERATIONS[3:]
            )
            try:
                return wire.request_for(service, protocol, operation, parameters)
            except (BotoCoreError, ValueError, TypeError, AttributeError, KeyError):
                wildness /= 2  # nothing botocore's serialiser can write down


def play(seed: str, count: int, *, check_every: int = _CHECK_EVERY) -> Run:
    """Make and send `count` requests of the episode with this seed, or fewer: see `is_final`."""
    run = Run()
    with _world() as world:
        generator = Generator(seed, world)
        requests = 0
        while True:
            # Time that passes after the last request belongs to it.
            step = generator.pause() or (generator.request() if requests < count else None)
            if step is None:
                break
            index = len(run.steps)
            run.steps.append(step)
            requests += step.request is not None
            reply = _apply(world, step, index, run)
            if reply is not None:
                generator.vocabulary.learn(reply)
            if index % check_every == 0 or requests == count:
                _check_state(world, index, run)
            if any(failure.is_final for failure in run.failures):
                break
    return run


def replay(steps: list[Step]) -> Failure | None:
    """Send recorded steps to a new emulator; return what broke first in a service of ours."""
    run = Run()
    with _world() as world:
        for index, step in enumerate(steps):
            _apply(world, step, index, run)
            _check_state(world, index, run)
            ours = [failure for failure in run.failures if not failure.delegated]
            if ours:
                return ours[0]
    return None


def shrink(steps: list[Step], kind: str) -> list[Step]:
    """Leave out steps as long as the last failure stays of this kind."""
    size = max(1, len(steps) // 2)
    while size:
        position = 0
        while position < len(steps):
            fewer = steps[:position] + steps[position + size :]
            failure = replay(fewer) if fewer else None
            if failure is not None and failure.kind == kind:
                steps = fewer[: failure.index + 1]
            else:
                position += size
        size //= 2
    return steps


@contextmanager
def _world() -> Iterator[World]:
    """A new world whose errors are collected instead of printed."""
    world = World()
    handler = Collector(world.logged)
    logger = logging.getLogger("chalice_offline")
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield world
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate


class Collector(logging.Handler):
    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__(logging.ERROR)
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)


def _apply(world: World, step: Step, index: int, run: Run) -> dict[str, Any] | None:
    """Take one step and note what broke; return the reply of a request that succeeded."""
    world.logged.clear()
    target = checks.target_of(step.request) if step.request is not None else None
    delegated = not checks.is_ours(world, target)
    try:
        if step.request is None:
            getattr(world, step.pause)(step.pause_ms)
            response = None
        else:
            response = world.answer(step.request)
    except (Exception, Endless) as error:  # noqa: BLE001 - anything is a finding
        run.failures.append(_failure(index, f"raised {error!r}", error, delegated))
        return None
    if world.logged:
        cause = world.logged[0].exc_info[1] if world.logged[0].exc_info else None
        reason = f"logged {world.logged[0].getMessage()}: {cause!r}"
        run.failures.append(_failure(index, reason, cause, delegated))
    if response is None or step.request is None:
        return None
    run.count(step.name, response.status)
    wrong = checks.broken_reply(step.request, target, response)
    if wrong and not world.logged:
        run.failures.append(Failure(index, wrong, f"{step.name}: {wrong[:40]}", delegated))
    if wrong or target is None or response.status >= 300 or delegated:
        return None
    return checks.parsed_reply(target, response)


def _failure(index: int, reason: str, error: BaseException | None, delegated: bool) -> Failure:
    frames = traceback.extract_tb(error.__traceback__) if error else []
    ours = [frame for frame in frames if "chalice_offline" in frame.filename]
    place = f"{ours[-1].filename.split('src/')[-1]}:{ours[-1].lineno}" if ours else ""
    detail = "".join(traceback.format_exception(error)) if error else ""
    return Failure(index, reason, f"{type(error).__name__} at {place}", delegated, detail)


def _check_state(world: World, index: int, run: Run) -> None:
    wrong = checks.broken_state(world)
    if wrong:
        kind = " ".join(word for word in wrong.split() if not any(c.isdigit() for c in word))
        run.failures.append(Failure(index, f"state: {wrong}", f"state: {kind}"))
