"""Queues and their dead letters: depths, a look inside, and what brought each letter there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal
from chalice_offline.console.session import refusal_of
from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.core.names import nearest
from chalice_offline.core.targets import queue_url
from chalice_offline.services.sqs.inspection import describe_queues, peek, redrive_one
from chalice_offline.trace import mask

if TYPE_CHECKING:
    from chalice_offline.console.session import Session
    from chalice_offline.services.sqs.state import SqsState

MESSAGES_PER_PAGE = 50
# Where services say why they gave a message up, in attributes of the dead letter.
_REASONS = (("ERROR_MESSAGE", "ERROR_CODE"), ("ErrorMessage", "ErrorCode"))


class Queues:
    """The queues of this account and region."""

    def __init__(self, session: Session, sqs: SqsState) -> None:
        self._session = session
        self._sqs = sqs

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [
            Door("GET", "queues", self.all),
            Door("GET", "queues/{name}/messages", self.messages),
            Door("POST", "queues/{name}/send", self.send),
            Door("POST", "queues/{name}/purge", self.purge),
            Door("POST", "queues/{name}/redrive", self.redrive),
        ]

    def all(self, _asked: Asked) -> dict[str, Any]:
        """Answer every queue with its depths."""
        with self._session.emulator.lock:
            return {"queues": self._described(), "now_ms": self._session.emulator.now_ms}

    def messages(self, asked: Asked) -> dict[str, Any]:
        """Answer messages of a queue, which stay where they are; dead letters with their reason."""
        start, limit = asked.count("start", 0), asked.count("limit", MESSAGES_PER_PAGE, 1_000)
        with self._session.emulator.lock:
            queue = self._find(asked.name("name"))
            found = peek(self._sqs, queue["arn"], start, limit)
            shown = [
                self._shown(message, is_letter=bool(queue["dead_letters_of"])) for message in found
            ]
            return {"queue": queue, "messages": shown, "now_ms": self._session.emulator.now_ms}

    def send(self, asked: Asked) -> Any:
        """Send a message: `body`, and what else SendMessage takes (`group`, `delay_seconds` …)."""
        queue = self._find(asked.name("name"))
        request: dict[str, Any] = {"QueueUrl": _url(queue), "MessageBody": asked.text("body")}
        if queue["fifo"]:
            request["MessageGroupId"] = asked.text("group", "console")
            request["MessageDeduplicationId"] = asked.text(
                "deduplication", self._session.emulator.ids.uuid()
            )
        elif asked.text("group", ""):
            request["MessageGroupId"] = asked.text("group")
        delay = asked.number("delay_seconds")
        if delay is not None:
            request["DelaySeconds"] = int(delay)
        if attributes := asked.mapping("attributes"):
            request["MessageAttributes"] = {
                name: value if isinstance(value, dict) else _attribute(value)
                for name, value in attributes.items()
            }
        reply = self._session.done("sqs", "SendMessage", request, asked.origin)
        return reply if not isinstance(reply, dict) else {"message_id": reply["MessageId"]}

    def purge(self, asked: Asked) -> dict[str, Any]:
        """Delete every message of a queue."""
        queue = self._find(asked.name("name"))
        self._session.done("sqs", "PurgeQueue", {"QueueUrl": _url(queue)}, asked.origin)
        gone = queue["visible"] + queue["in_flight"] + queue["delayed"]
        return {"purged": gone}

    def redrive(self, asked: Asked) -> dict[str, Any]:
        """Bring dead letters back to where they came from, or `to` a queue: all, or a `message`."""
        queue = self._find(asked.name("name"))
        to = asked.text("to", "")
        destination = self._find(to)["arn"] if to else ""
        message = asked.text("message", "")
        if message:
            return self._redrive_one(queue["arn"], message, destination, asked.origin)
        if queue["dead_letters_of"] and not queue["visible"]:
            return {"moving": 0}  # there is nothing to begin a task for
        letters = queue["dead_letter_queue"]
        if letters and not queue["dead_letters_of"]:  # the queue itself is named, as one does
            there = letters.rpartition(":")[2]
            raise Refusal(
                f"{queue['name']} holds no dead letters; those of {queue['name']} are in {there}. "
                "(AWS: Source queue must be configured as a Dead Letter Queue.)"
            )
        request = {"SourceArn": queue["arn"]}
        if destination:
            request["DestinationArn"] = destination
        self._session.done("sqs", "StartMessageMoveTask", request, asked.origin)
        return {"moving": queue["visible"]}

    def empty(self, arn: str) -> None:
        """Let every message of a queue go, however lately it was purged."""
        queue = self._sqs.find_queue_or_none(arn)
        if queue is not None:
            detail = {"QueueArn": arn}
            self._session.emulator.act("sqs.EmptyQueue", detail, lambda _context: queue.purge())

    def first_message(self, arn: str) -> dict[str, Any] | None:
        """Return the oldest message of a queue as it is, unmasked; within the emulator's lock."""
        if self._sqs.find_queue_or_none(arn) is None:
            return None
        return next(iter(peek(self._sqs, arn, 0, 1)), None)

    # ---- within ----------------------------------------------------------------------------------

    def _redrive_one(
        self, queue_arn: str, message_id: str, destination: str, origin: str
    ) -> dict[str, Any]:
        detail = {"SourceArn": queue_arn, "MessageId": message_id}
        session = self._session
        try:
            moved_to = session.emulator.act(
                "sqs.RedriveMessage",
                detail,
                lambda context: redrive_one(self._sqs, context, queue_arn, message_id, destination),
                session.caller(origin),
            )
        except AwsError as error:
            raise refusal_of(error) from error
        return {"moving": 1, "to": moved_to}

    def _described(self) -> list[dict[str, Any]]:
        emulator = self._session.emulator
        return describe_queues(self._sqs, emulator.account_id, emulator.region)

    def _find(self, name: str) -> dict[str, Any]:
        with self._session.emulator.lock:
            queues = self._described()
        name = name.rpartition(":")[2].rpartition("/")[2]
        for queue in queues:
            if queue["name"] == name:
                return queue
        near = nearest(name, [queue["name"] for queue in queues])
        raise Refusal(f"There is no queue {name[:80]}.{near}", 404)

    def _shown(self, message: dict[str, Any], *, is_letter: bool) -> dict[str, Any]:
        why = self._why(message) if is_letter or message["dead_letter_source"] else None
        return {
            **message,
            "body": mask(message["body"]),
            "attributes": mask(message["attributes"]),
            "why": why,
        }

    def _why(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """Return the error that brought a dead letter here: of the last try, or as it says."""
        emulator = self._session.emulator
        for entry in emulator.origin(message["id"]):
            run = self._last_run(entry)
            if run is not None and run.failed:
                text = f"{run.error_type}: {run.error_message}"
                return {"error": str(mask(text)), "run": run.number, "story": run.story}
        for name, code in _REASONS:
            told = message["attributes"].get(name)
            if isinstance(told, dict):
                kind = message["attributes"].get(code, {}).get("StringValue", "")
                text = f"{kind}: {told.get('StringValue', '')}".removeprefix(": ")
                return {"error": str(mask(text)), "run": None, "story": None}
        return None

    def _last_run(self, number: int) -> Any:
        """Return the run that a dead letter follows from: one or two steps before it."""
        emulator = self._session.emulator
        waiting = [number]
        for _ in range(8):
            if not waiting:
                return None
            number = waiting.pop(0)
            run = emulator.runs.find(number)
            if run is not None:
                return run
            entry = emulator.journal.find(number)
            waiting += entry.causes if entry is not None else ()
        return None


def _url(queue: dict[str, Any]) -> str:
    return queue_url(parse_arn(queue["arn"]))


def _attribute(value: Any) -> dict[str, str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return {"DataType": "String", "StringValue": str(value)}
    return {"DataType": "Number", "StringValue": str(value)}
