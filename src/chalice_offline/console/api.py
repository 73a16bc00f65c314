"""The console beside the AWS endpoint, under /_chalice_offline/: a page, and JSON doors.

/                    the page
/api/…               what it reads (GET) and does (POST); docs/CONSOLE.md lists the doors
/functions           what each function did: runs, errors, retries, durations
/trace?text=...      the story of whatever mentions the text, as a drawn tree
/journal?after=N     the journal entries after number N, at most 1,000

Secrets and personal data are masked (`trace.masking`).
"""

from __future__ import annotations

import json
import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalice_offline.console.about import About
from chalice_offline.console.buckets import Buckets
from chalice_offline.console.calls import Calls
from chalice_offline.console.clock import Clock
from chalice_offline.console.connections import Connections
from chalice_offline.console.doors import Asked, Door, Plain, Refusal, asked_of, find_door
from chalice_offline.console.fault_doors import FaultDoors
from chalice_offline.console.functions import Functions
from chalice_offline.console.last_events import LastEvents
from chalice_offline.console.live import Live
from chalice_offline.console.nowhere import Nowhere
from chalice_offline.console.queues import Queues
from chalice_offline.console.replay import Replay
from chalice_offline.console.runs import Runs
from chalice_offline.console.sample_events import SampleEvents
from chalice_offline.console.save_as_test import SaveAsTest
from chalice_offline.console.schedules import Schedules
from chalice_offline.console.search import numbers_that_mention
from chalice_offline.console.shown import spelled
from chalice_offline.console.site import File, site_files
from chalice_offline.console.sockets import Sockets
from chalice_offline.console.stories import Stories
from chalice_offline.console.streams import Streams
from chalice_offline.console.tables import Tables
from chalice_offline.console.topics import Topics
from chalice_offline.console.traffic import Traffic
from chalice_offline.console.wiring import Wiring
from chalice_offline.console.workflows import Workflows
from chalice_offline.core.feed import Feed
from chalice_offline.core.http import Headers, HttpResponse
from chalice_offline.core.journal import readable
from chalice_offline.core.pending import Pending
from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State
from chalice_offline.services.events.state import EventsState
from chalice_offline.services.kinesis.state import KinesisState
from chalice_offline.services.scheduler.state import SchedulerState
from chalice_offline.services.sqs.state import SqsState
from chalice_offline.services.stepfunctions.state import StepFunctionsState
from chalice_offline.trace import Trace, mask

if TYPE_CHECKING:
    from chalice_offline.console.session import Session
    from chalice_offline.core.http import HttpRequest
    from chalice_offline.core.journal import Entry
    from chalice_offline.transports.gateway import Gateway

PREFIX = "/_chalice_offline"
API = "api/"
ENTRIES_PER_PAGE = 1_000
ENTRIES_AT_ONCE = 100  # in one hold of the lock

_log = logging.getLogger(__name__)


class Console:
    """The console of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._doors = self._old_doors() + self._new_doors()

    def serve_on(self, gateway: Gateway) -> None:
        """Be reached through a gateway."""
        gateway.folders[PREFIX] = self.answer

    def close(self) -> None:
        """End the live feeds: the session stops."""
        with self._session.emulator.lock:
            for reader in list(self._live.readers):
                reader.end()

    def answer(self, request: HttpRequest) -> HttpResponse | Pending[HttpResponse]:
        """Answer one request; never raises."""
        name = request.path.removeprefix(PREFIX).removeprefix("/")
        if request.method == "HEAD":
            return HttpResponse(405, _headers("application/json"))
        if request.method == "GET" and (file := self._files.get(name)) is not None:
            return self._page(request, name, file)
        try:
            door, names = find_door(self._doors, request.method, name)
            answer = door.answer(asked_of(request, names))
            return _later(answer, name) if isinstance(answer, Pending) else _reply(answer)
        except Refusal as refusal:
            return _refused(refusal)
        except UnicodeEncodeError as error:
            return _refused(_half_a_letter(error))
        except Exception:  # noqa: BLE001 - the outermost boundary; the log has it whole
            return _failed(name)

    # ---- within ----------------------------------------------------------------------------------

    @cached_property
    def _files(self) -> dict[str, File]:
        return site_files()

    def _page(self, request: HttpRequest, name: str, file: File) -> HttpResponse:
        if not name and not request.path.endswith("/"):  # its files are named relative to it
            return HttpResponse(308, Headers([("location", f"{PREFIX}/")]))
        return HttpResponse(200, _headers(file.content_type), file.body)

    def _new_doors(self) -> list[Door]:
        session = self._session
        state = session.emulator.registry.state
        runs = Runs(session)
        self._live = Live(session, runs)
        queues, topics = Queues(session, state("sqs", SqsState)), Topics(session)
        buckets, tables = Buckets(session), Tables(session)
        schedules = Schedules(
            session, state("events", EventsState), state("scheduler", SchedulerState)
        )
        sockets = Sockets(session, state("apigatewayv2", ApiGatewayV2State))
        connections = Connections(session, queues, topics, buckets, tables, schedules, sockets)
        traffic = Traffic(session, runs)
        samples = SampleEvents(session, connections, schedules, queues, LastEvents(session, runs))
        families = (
            runs,
            Stories(session, runs),
            SaveAsTest(session, runs),
            Functions(session, samples),
            samples,
            queues,
            topics,
            buckets,
            tables,
            Streams(session, state("kinesis", KinesisState)),
            schedules,
            Workflows(session, state("stepfunctions", StepFunctionsState)),
            sockets,
            Wiring(session, connections, traffic),
            Nowhere(session, traffic),
            Clock(session),
            FaultDoors(session),
            Replay(session),
            Calls(session),
            About(session, queues, buckets, tables),
            self._live,
        )
        doors = [door for family in families for door in family.doors()]
        return [Door(door.method, f"{API}{door.path}", door.answer) for door in doors]

    def _old_doors(self) -> list[Door]:
        functions = Functions(self._session)
        return [
            Door("GET", "functions", lambda asked: functions.all(asked)["functions"]),
            Door("GET", "trace", self._trace),
            Door("GET", "journal", self._journal),
        ]

    def _trace(self, asked: Asked) -> Plain:
        text = asked.query.get("text", "")
        if not text:
            raise Refusal("say what to look for: ?text=an-order-id")
        emulator = self._session.emulator
        numbers = list(numbers_that_mention(emulator, text))
        with emulator.lock:
            drawn = Trace.of(emulator.journal, numbers, self._session.short_names())
            return Plain(f"{drawn}\n")

    def _journal(self, asked: Asked) -> Plain:
        after = asked.count("after", 0)
        lock, journal = self._session.emulator.lock, self._session.emulator.journal
        page: list[str] = []
        while after < journal.last_number and len(page) < ENTRIES_PER_PAGE:
            # Written out within the lock: a request's dict belongs to its service.
            with lock:
                first = max(after + 1, journal.first_number)
                after = min(first + ENTRIES_AT_ONCE - 1, journal.last_number)
                page += [_entry_line(journal.find(one)) for one in range(first, after + 1)]
        return Plain(f"[{','.join(page)}]", "application/json")


def _entry_line(entry: Entry | None) -> str:
    assert entry is not None, "numbers follow each other without a gap"
    return json.dumps(mask(entry.as_dict()), default=readable, sort_keys=True)


def _reply(answer: Any) -> HttpResponse:
    if isinstance(answer, Feed):
        return HttpResponse(200, _headers("text/event-stream"), feed=answer)
    if isinstance(answer, Plain):
        return HttpResponse(
            200, _headers(answer.content_type), answer.text.encode("utf-8", "backslashreplace")
        )
    return _json(answer)


def _later(answer: Pending[Any], name: str) -> Pending[HttpResponse]:
    response: Pending[HttpResponse] = Pending()

    def settled(pending: Pending[Any]) -> None:
        try:
            value = pending.result()
            shown = _reply(value)
        except Refusal as refusal:
            shown = _refused(refusal)
        except UnicodeEncodeError as error:
            shown = _refused(_half_a_letter(error))
        except Exception:  # noqa: BLE001 - the outermost boundary; the log has it whole
            shown = _failed(name)
        response.resolve(shown)

    answer.then(settled)
    return response


def _half_a_letter(error: UnicodeEncodeError) -> Refusal:
    """Say what JSON can spell, and no service takes: half of a pair of surrogates."""
    text = ascii(error.object[error.start : error.end])
    return Refusal(f"{text} is half a letter (a lone surrogate), which UTF-8 cannot spell.")


def _refused(refusal: Refusal) -> HttpResponse:
    return _json({"error": refusal.sentence}, status=refusal.status)


def _failed(name: str) -> HttpResponse:
    _log.exception("the console's %r failed", name)
    return _json({"error": "The console failed at this; the log holds the cause."}, status=500)


def _json(content: object, *, status: int = 200) -> HttpResponse:
    return HttpResponse(status, _headers("application/json"), spelled(content).encode())


def _headers(content_type: str) -> Headers:
    """Return the fields of every page: for this origin alone, in no frame, kept by nobody."""
    return Headers(
        [
            ("content-type", content_type),
            ("cache-control", "no-store"),
            ("content-security-policy", "default-src 'self'; frame-ancestors 'none'"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ]
    )
