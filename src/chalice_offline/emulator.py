"""The kernel: its services, and the driver that gives it time.

Every input enters through `Emulator.call` (an AWS call) or through the outcome callbacks that
`start_run` and `send_http` hand to the driver. Each is one turn: it takes the one lock, runs the
timers that are due, writes the journal entry, changes what it changes, and runs what is due then.
The lock is never held while a handler runs or a socket is read.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from chalice_offline.core.collector import at_rest
from chalice_offline.core.commits import Commits
from chalice_offline.core.context import (
    DEFAULT_ACCOUNT_ID,
    DEFAULT_REGION,
    CallContext,
    Caller,
)
from chalice_offline.core.disturbance import disturbed_call, refuse
from chalice_offline.core.errors import AwsError
from chalice_offline.core.failures import FailureLog, shown
from chalice_offline.core.faults import Faults
from chalice_offline.core.ids import Ids
from chalice_offline.core.journal import Entry
from chalice_offline.core.latest import Latest
from chalice_offline.core.lineage import Lineages
from chalice_offline.core.outside_requests import OutsideRequests
from chalice_offline.core.pending import Pending
from chalice_offline.core.recent_runs import RecentRuns
from chalice_offline.core.registry import Registry, Signals
from chalice_offline.core.running import Running
from chalice_offline.core.scheduler import Scheduler
from chalice_offline.core.stories import Stories
from chalice_offline.core.turn import Turn
from chalice_offline.services.delegated import Delegated
from chalice_offline.storage import MemoryJournal, SqliteStorage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from chalice_offline.core.driver import Driver
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.core.journal import Journal
    from chalice_offline.core.kernel import Reply, Request, Service
    from chalice_offline.core.run import FunctionRun, Outcome, RunLife
    from chalice_offline.core.run_entry import RunEntry
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.core.storage import Storage

DEFAULT_SEED = 0
ORIGINS_KEPT = 50_000  # as many as the journal keeps entries
# Timers that may run before others get a turn. Nothing but a loop needs as many at once.
TIMERS_AT_ONCE = 100_000
_TIMER_ERRORS_KEPT = 100

_log = logging.getLogger(__name__)

T = TypeVar("T")
ANYBODY = Caller()


class Emulator:
    """The kernel. Implements `core.kernel.Kernel` for the services it is given."""

    def __init__(
        self,
        driver: Driver,
        *,
        seed: int = DEFAULT_SEED,
        journal: Journal | None = None,
        storage: Storage | None = None,
        account_id: str = DEFAULT_ACCOUNT_ID,
        region: str = DEFAULT_REGION,
    ) -> None:
        """Make an emulator without services; `composition.compose` makes one with all of them.

        `account_id` and `region` are what handlers and unsigned requests run under.
        """
        self.driver = driver
        self.seed = seed
        self.storage: Storage = storage if storage is not None else SqliteStorage()
        self.commits = Commits(self.storage)
        # A file that is opened again must not give out the ids it gave out before.
        self.ids = Ids(seed + self.storage.openings)
        self.journal: Journal = journal if journal is not None else MemoryJournal()
        self.account_id = account_id
        self.region = region
        self.delegated = Delegated(seed, self.deliver)
        self.lock = threading.RLock()
        self.registry = Registry(self.lock)
        self.scheduler = Scheduler()
        self.signals = Signals()
        #: the instant the present input or timer happens at
        self.now_ms, awake_ms = driver.clock.read()
        self._slept_ms = self.now_ms - awake_ms
        self._running_timers = False
        self._turn = Turn(self.lock, self._catch_up, self._follow_up)
        self._failures = FailureLog(_log)
        # Timers that failed, for whoever drives: a mistake of ours, never a client's.
        self._timer_errors: deque[Exception] = deque(maxlen=_TIMER_ERRORS_KEPT)
        self._origins: Latest[str, int] = Latest(ORIGINS_KEPT)
        self.lineages = Lineages(ORIGINS_KEPT)
        self.stories = Stories(ORIGINS_KEPT)
        self.runs = RecentRuns()
        self.faults = Faults(seed)
        self._running = Running(self, self._turn)
        self.outside = OutsideRequests(self, self._turn)
        # Told of every entry, within the lock; whoever looks on.
        self.observers: list[Callable[[], None]] = []
        driver.attach(self)

    def add(self, service: Service) -> None:
        """Fit a service: it answers for its name from now on."""
        self.registry.add(service)
        self.delegated.preparations.update(service.preparations)

    def add_later(
        self,
        names: Sequence[str],
        make: Callable[[], Iterable[Service]],
        pages: Iterable[str] = (),
    ) -> None:
        """Fit services that `make` imports and makes when one of them, or a page, is asked for."""

        def fit() -> None:
            with at_rest():
                for service in make():
                    self.add(service)

        self.registry.add_later(names, fit, pages)

    # ---- inputs -------------------------------------------------------------------------------

    def call(self, service: str, operation: str, request: Request, caller: Caller) -> Reply:
        """Apply one AWS call of a client or a handler.

        Returns the result, or a Pending for a long poll or a synchronous invocation. Raises
        AwsError. Timers due before now run first, the deliveries the call caused run before it
        returns: what a client sees next includes them.
        """
        with self._turn:
            self._running.check_alive(caller.causes)
            return self._apply(service, operation, request, caller, is_input=True)

    def forward(
        self, service: str, operation: str, request: HttpRequest, caller: Caller
    ) -> HttpResponse:
        """Apply one call of a service that is delegated; raises AwsError when nobody has it."""
        with self._turn:
            self._running.check_alive(caller.causes)
            subject = f"{service}.{operation or request.method}"
            detail = {"method": request.method, "url": request.url, "body": request.body}
            entry = self.write("call", subject, detail, caller.causes, is_input=True)
            context = self._context(entry, caller)
            try:
                if (
                    self.faults.is_on
                    and (fault := self.faults.on_call(service, operation)) is not None
                ):
                    refuse(self, fault, subject, entry.number)
                response = self.delegated.handle(context, service, request)
            except AwsError as error:
                entry.outcome = str(error)
                raise
            entry.outcome = str(response.status)
            return response

    def enter(
        self, kind: str, subject: str, detail: Mapping[str, Any], causes: tuple[int, ...]
    ) -> int:
        """Write down an input that is not an AWS call (a client hung up)."""
        with self._turn:
            return self.write(kind, subject, detail, causes, is_input=True).number

    def act(
        self,
        subject: str,
        detail: Mapping[str, Any],
        do: Callable[[CallContext], T],
        caller: Caller = ANYBODY,
    ) -> T:
        """Apply an input that AWS has no operation for ("this schedule is due now")."""
        with self._turn:
            entry = self.write("call", subject, detail, caller.causes, is_input=True)
            try:
                result = do(self._context(entry, caller))
            except AwsError as error:
                entry.outcome = str(error)
                raise
            entry.outcome = "ok"
            return result

    def timeouts_wait(self) -> bool:
        """Whether who waits for a handler waits on: it is debugged, or timeouts are off."""
        return self.driver.timeouts_wait()

    def catch_up(self) -> None:
        """Run every timer that is due; drivers call it when time has passed."""
        with self.lock:
            self._catch_up()
            self.driver.wake(self.scheduler.next_due_ms())

    @property
    def timer_errors(self) -> deque[Exception]:
        """What timers raised lately."""
        return self._timer_errors

    def after(self, wait_ms: int, callback: Callable[[], None]) -> None:
        """Run `callback` later; for whoever does not have the kernel's lock."""
        with self._turn:
            self.scheduler.at(self.now_ms + wait_ms, callback)

    def set_timer(self, due_ms: int, callback: Callable[[], None], *, owed: bool = True) -> Timer:
        """Run `callback` at `due_ms`."""
        with self.lock:
            return self.scheduler.at(due_ms, callback, owed=owed)

    def cancel_timer(self, timer: Timer) -> None:
        """Undo `set_timer`."""
        with self.lock:
            self.scheduler.cancel(timer)

    # ---- what services may ask for (core.kernel.Kernel) ------------------------------------------

    @property
    def awake_ms(self) -> int:
        """The same, less the time the machine slept."""
        return self.now_ms - self._slept_ms

    def at(
        self,
        due_ms: int,
        callback: Callable[[], None],
        *,
        owed: bool = True,
        appointment: bool = False,
    ) -> Timer:
        """Run `callback` at `due_ms`."""
        return self.scheduler.at(due_ms, callback, owed=owed, appointment=appointment)

    def cancel(self, timer: Timer | None) -> None:
        """Make sure `timer` never runs."""
        self.scheduler.cancel(timer)

    def deliver(
        self,
        service: str,
        operation: str,
        request: Request,
        *,
        account_id: str,
        region: str,
        causes: tuple[int, ...],
        principal: str,
        endpoint: str = "",
        trace_header: str = "",
    ) -> Reply:
        """Call a service from another one; only the journal tells it from a client's call."""
        caller = Caller(account_id, region, endpoint, "json", causes, principal, trace_header)
        return self._apply(service, operation, request, caller, is_input=False)

    def note(
        self, subject: str, detail: Mapping[str, Any], causes: tuple[int, ...], outcome: str = ""
    ) -> int:
        """Write down a decision."""
        entry = self.write("note", subject, detail, causes, is_input=False)
        entry.outcome = outcome
        return entry.number

    def complete(self, entry: int, outcome: str) -> None:
        """Say how a call ended that was answered later."""
        found = self.journal.find(entry)
        if found is not None:
            found.outcome, found.ended_ms = outcome, self.now_ms

    def keep(self, entry: RunEntry) -> int:
        """Write a run into the journal and the list of runs, and return its number."""
        number = entry.story = self.journal.append(entry)
        if entry.causes:
            entry.story = self.stories.follow(number, entry.causes[0])
        self.runs.take_in(entry)
        for observer in self.observers:
            observer()
        return number

    def watch(self, topic: str, callback: Callable[[], None]) -> None:
        """Call `callback` on every signal of `topic`."""
        self.signals.watch(topic, callback)

    def unwatch(self, topic: str, callback: Callable[[], None]) -> None:
        """Undo `watch`."""
        self.signals.unwatch(topic, callback)

    def signal(self, topic: str) -> None:
        """Tell every watcher of `topic`."""
        self.signals.signal(topic)

    def is_watched(self, topic: str) -> bool:
        """Whether anybody watches `topic`."""
        return self.signals.is_watched(topic)

    def set_origin(self, key: str, entry: int) -> None:
        """Remember which entry brought about `key`, as long as the journal does."""
        self._origins.keep(key, entry)

    def origin(self, key: str) -> tuple[int, ...]:
        """Return the entry that brought about `key`, or ()."""
        entry = self._origins.get(key)
        return () if entry is None else (entry,)

    def start_run(
        self,
        run: FunctionRun,
        causes: tuple[int, ...],
        started: Callable[[], None],
        done: Callable[[Outcome], None],
    ) -> int:
        """Have the driver run a handler; that it starts and how it ends are the next inputs."""
        return self._running.start(run, causes, started, done)

    def throttles(self, function_name: str) -> bool:
        """Whether a fault refuses this run of a function as one too many."""
        return self.faults.is_on and self.faults.throttles(function_name)

    def stop_run(self, entry: int, life: RunLife) -> bool:
        """Stop a run whose timeout is over, unless timeouts wait: then it begins anew."""
        return self._running.stop(entry, life)

    def turns(self, causes: tuple[int, ...], function_arn: str) -> int:
        """Return how often a function has run in the chain of requests that led here."""
        return self.lineages.turns(causes, function_arn)

    def send_http(
        self,
        request: HttpRequest,
        timeout_ms: int,
        done: Callable[[HttpResponse | None, str], None],
        causes: tuple[int, ...],
    ) -> None:
        """Have the driver send a request to an endpoint outside; the reply is the next input."""
        self.outside.send(request, timeout_ms, done, causes)

    # ---- within -------------------------------------------------------------------------------

    def _apply(
        self, service: str, operation: str, request: Request, caller: Caller, *, is_input: bool
    ) -> Reply:
        kind = "call" if is_input else "delivery"
        entry = self.write(
            kind, f"{service}.{operation}", request, caller.causes, is_input=is_input
        )
        try:
            fault = self.faults.on_call(service, operation) if self.faults.is_on else None
            if fault is None:
                reply = self._carry_out(service, operation, request, entry, caller)
            else:
                reply = disturbed_call(
                    self,
                    fault,
                    entry.subject,
                    entry.number,
                    lambda: self._carry_out(service, operation, request, entry, caller),
                    is_input=is_input,
                )
        except AwsError as error:
            entry.outcome = str(error)
            raise
        if not entry.outcome:  # it may have been completed already
            entry.outcome = "pending" if isinstance(reply, Pending) else "ok"
        return reply

    def _carry_out(
        self, service: str, operation: str, request: Request, entry: Entry, caller: Caller
    ) -> Reply:
        context = self._context(entry, caller)
        owner = self.registry.find(service)
        if owner is None:
            return self.delegated.call(context, service, operation, request)
        return owner.call(operation, context, request)

    def _context(self, entry: Entry, caller: Caller) -> CallContext:
        # In the order of its members: by their names it would take twice as long.
        return CallContext(
            caller.account_id,
            caller.region,
            caller.endpoint,
            caller.protocol,
            caller.principal,
            caller.request_id or self.ids.uuid(),
            self.now_ms,
            entry.number,
            caller.trace_header,
            caller.signed,
            caller.http,
        )

    def write(
        self,
        kind: str,
        subject: str,
        detail: Mapping[str, Any],
        causes: tuple[int, ...],
        *,
        is_input: bool,
    ) -> Entry:
        """Write an entry into the journal, and into the story of what caused it."""
        entry = Entry(self.now_ms, kind, subject, detail, causes, is_input)
        number = self.journal.append(entry)
        if causes:
            self.stories.follow(number, causes[0])
            if kind == "note":
                self.lineages.step(number, causes)
            else:
                self.lineages.call(number, causes, subject)
        for observer in self.observers:
            observer()
        return entry

    def _catch_up(self) -> None:
        """Run what is due, each timer at its own instant, then move to the present."""
        if self._running_timers:
            return
        present_ms, awake_ms = self.driver.clock.read()
        if present_ms - awake_ms > self._slept_ms:
            self._wake_up(present_ms, awake_ms)
        due_ms = self.scheduler.next_due_ms()
        if due_ms is not None and due_ms <= present_ms:
            self._run_due(present_ms)
        else:
            self.now_ms = max(self.now_ms, present_ms)

    def _follow_up(self) -> None:
        """Run what an input made due; for it no time has passed."""
        if self._running_timers:
            return
        due_ms = self.scheduler.next_due_ms()
        if due_ms is not None and due_ms <= self.now_ms:
            self._run_due(self.now_ms)
        else:
            self.commits.make()
            self.driver.wake(due_ms)

    def _run_due(self, present_ms: int) -> None:
        """Run timers up to an instant, and keep what was written.

        A timer that fails is a mistake of ours. Neither the other timers nor the input that
        happens to come next have anything to do with it. When a timer's callback leads back here
        (a driver that runs inline), the loop below goes on after it: a second loop inside would
        run timers out of their order.
        """
        scheduler = self.scheduler
        self._running_timers = True
        left = TIMERS_AT_ONCE
        try:
            while left and (timer := scheduler.pop_due(present_ms)) is not None:
                left -= 1
                self.now_ms = max(self.now_ms, timer.due_ms)
                try:
                    timer.callback()
                except Exception as error:  # noqa: BLE001 - see above; it is logged and kept
                    self._timer_failed(error)
        finally:
            # Also after a timer was interrupted: the others must still be waited for.
            self._running_timers = False
            if left:
                self.now_ms = max(self.now_ms, present_ms)
            self.commits.make()
            self.driver.wake(scheduler.next_due_ms())

    def _wake_up(self, present_ms: int, awake_ms: int) -> None:
        """The machine slept: what lasts goes on where it was, overdue appointments are kept now.

        In one step, so that a schedule fires once after the gap and not for each time missed.
        """
        gap_ms = present_ms - awake_ms - self._slept_ms
        self._slept_ms += gap_ms
        self.scheduler.postpone(gap_ms)
        self.now_ms = max(self.now_ms, present_ms)
        self.note("clock", {"gap_ms": gap_ms}, (), "went on after a gap")

    def _timer_failed(self, error: Exception) -> None:
        self._failures.report("a timer failed", error)
        self._timer_errors.append(error)
        self.note("timer", {"error": shown(error)}, (), "failed: a mistake of the emulator")
