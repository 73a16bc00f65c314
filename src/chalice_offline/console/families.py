"""All doors of the console, family by family.

They import half of the services: a session is ready before them (`api.Console.prepare`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.console.about import About
from chalice_offline.console.buckets import Buckets
from chalice_offline.console.calls import Calls
from chalice_offline.console.clock import Clock
from chalice_offline.console.connections import Connections
from chalice_offline.console.doors import Asked, Door, Plain, Refusal
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
from chalice_offline.console.sockets import Sockets
from chalice_offline.console.stories import Stories
from chalice_offline.console.streams import Streams
from chalice_offline.console.tables import Tables
from chalice_offline.console.topics import Topics
from chalice_offline.console.traffic import Traffic
from chalice_offline.console.wiring import Wiring
from chalice_offline.console.workflows import Workflows
from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State
from chalice_offline.services.events.state import EventsState
from chalice_offline.services.kinesis.state import KinesisState
from chalice_offline.services.scheduler.state import SchedulerState
from chalice_offline.services.sqs.state import SqsState
from chalice_offline.services.stepfunctions.state import StepFunctionsState
from chalice_offline.trace import Trace, mask

if TYPE_CHECKING:
    from chalice_offline.console.session import Session
    from chalice_offline.core.journal import Entry

API = "api/"
ENTRIES_PER_PAGE = 1_000
ENTRIES_AT_ONCE = 100  # in one hold of the lock


class Families:
    """The doors of one session, and its live feed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        runs = Runs(session)
        self.live = Live(session, runs)
        self.doors = self._old_doors() + self._new_doors(runs)

    def _new_doors(self, runs: Runs) -> list[Door]:
        session = self._session
        state = session.emulator.registry.state
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
            self.live,
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
    return spelled(mask(entry.as_dict()))
