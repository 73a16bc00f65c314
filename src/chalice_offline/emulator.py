"""The kernel: its services, and the driver that gives it time.

Every input enters through `Emulator.call` (an AWS call) or through the outcome callbacks that
`start_run` and `send_http` hand to the driver. Each takes the one lock, runs the timers that are
due, writes the journal entry, and only then changes anything. The lock is never held while a
handler runs or a socket is read.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalice_offline.core.context import (
    DEFAULT_ACCOUNT_ID,
    DEFAULT_REGION,
    CallContext,
    Caller,
)
from chalice_offline.core.errors import AwsError
from chalice_offline.core.ids import Ids
from chalice_offline.core.journal import Entry
from chalice_offline.core.pending import Pending
from chalice_offline.core.registry import Registry, Signals
from chalice_offline.core.scheduler import Scheduler
from chalice_offline.services.delegated import Delegated
from chalice_offline.storage import MemoryJournal, SqliteStorage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.driver import Driver
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.core.journal import Journal
    from chalice_offline.core.kernel import Page, Reply, Request, Service
    from chalice_offline.core.run import FunctionRun, Outcome
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.core.storage import Storage

DEFAULT_SEED = 0
ORIGINS_KEPT = 50_000  # as many as the journal keeps entries


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
        # A file that is opened again must not give out the ids it gave out before.
        self.ids = Ids(seed + self.storage.openings)
        self.journal: Journal = journal if journal is not None else MemoryJournal()
        self.account_id = account_id
        self.region = region
        self.registry = Registry()
        self.delegated = Delegated(seed)
        # Pages that services serve over plain HTTP, by path, for every gateway.
        self.pages: dict[str, Page] = {}
        self.lock = threading.RLock()
        self.scheduler = Scheduler()
        self._signals = Signals()
        self._now_ms = driver.clock.now_ms()
        self._running_timers = False
        # Ordered, because taking the oldest out of a plain dict gets slower each time.
        self._origins: OrderedDict[str, int] = OrderedDict()
        driver.attach(self)

    def add(self, service: Service) -> None:
        """Fit a service: it answers for its name from now on."""
        self.registry.add(service)
        self.pages.update(service.pages)
        self.delegated.observers.update(service.observers)
        self.delegated.preparations.update(service.preparations)

    # ---- inputs -------------------------------------------------------------------------------

    def call(self, service: str, operation: str, request: Request, caller: Caller) -> Reply:
        """Apply one AWS call of a client or a handler.

        Returns the result, or a Pending for a long poll or a synchronous invocation. Raises
        AwsError. Timers due before now run first, the deliveries the call caused run before it
        returns: what a client sees next includes them.
        """
        with self.lock:
            self._catch_up()
            try:
                return self._apply(service, operation, request, caller, is_input=True)
            finally:
                self._catch_up()

    def forward(
        self, service: str, operation: str, request: HttpRequest, caller: Caller
    ) -> HttpResponse:
        """Apply one call of a service that is delegated; raises AwsError when nobody has it."""
        with self.lock:
            self._catch_up()
            subject = f"{service}.{operation or request.method}"
            detail = {"method": request.method, "url": request.url, "body": request.body}
            entry = self._write("call", subject, detail, caller.causes, is_input=True)
            context = self._context(entry, caller)
            try:
                response = self.delegated.handle(context, service, operation, request)
            except AwsError as error:
                entry.outcome = str(error)
                raise
            entry.outcome = str(response.status)
            self._catch_up()
            return response

    def enter(
        self, kind: str, subject: str, detail: Mapping[str, Any], causes: tuple[int, ...]
    ) -> int:
        """Write down an input that is not an AWS call (an HTTP request to the app)."""
        with self.lock:
            self._catch_up()
            return self._write(kind, subject, detail, causes, is_input=True).number

    def catch_up(self) -> None:
        """Run every timer that is due; drivers call it when time has passed."""
        with self.lock:
            self._catch_up()

    # ---- what services may ask for (core.kernel.Kernel) ------------------------------------------

    @property
    def now_ms(self) -> int:
        """The instant the present input or timer happens at."""
        return self._now_ms

    def at(self, due_ms: int, callback: Callable[[], None], *, owed: bool = True) -> Timer:
        """Run `callback` at `due_ms`."""
        return self.scheduler.at(due_ms, callback, owed=owed)

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
    ) -> Reply:
        """Call a service from another one; only the journal tells it from a client's call."""
        caller = Caller(account_id=account_id, region=region, causes=causes, principal=principal)
        return self._apply(service, operation, request, caller, is_input=False)

    def note(
        self, subject: str, detail: Mapping[str, Any], causes: tuple[int, ...], outcome: str = ""
    ) -> int:
        """Write down a decision."""
        entry = self._write("note", subject, detail, causes, is_input=False)
        entry.outcome = outcome
        return entry.number

    def watch(self, topic: str, callback: Callable[[], None]) -> None:
        """Call `callback` on every signal of `topic`."""
        self._signals.watch(topic, callback)

    def unwatch(self, topic: str, callback: Callable[[], None]) -> None:
        """Undo `watch`."""
        self._signals.unwatch(topic, callback)

    def signal(self, topic: str) -> None:
        """Tell every watcher of `topic`."""
        self._signals.signal(topic)

    def is_watched(self, topic: str) -> bool:
        """Whether anybody watches `topic`."""
        return self._signals.is_watched(topic)

    def set_origin(self, key: str, entry: int) -> None:
        """Remember which entry brought about `key`, as long as the journal does."""
        self._origins[key] = entry
        if len(self._origins) > ORIGINS_KEPT:
            self._origins.popitem(last=False)

    def origin(self, key: str) -> tuple[int, ...]:
        """Return the entry that brought about `key`, or ()."""
        entry = self._origins.get(key)
        return () if entry is None else (entry,)

    def start_run(
        self, run: FunctionRun, causes: tuple[int, ...], done: Callable[[Outcome], None]
    ) -> int:
        """Have the driver run a handler; its outcome is the next input."""
        detail = {"request_id": run.request_id, "payload": run.payload}
        started = self._write("run", run.function_name, detail, causes, is_input=False)
        run = replace(run, entry=started.number)

        def ended(outcome: Outcome) -> None:
            with self.lock:
                self._catch_up()
                entry = self._write(
                    "outcome",
                    run.function_name,
                    {"request_id": run.request_id, "payload": outcome.payload},
                    (run.entry,),
                    is_input=True,
                )
                entry.outcome = started.outcome = "error" if outcome.failed else "ok"
                done(outcome)
                self._catch_up()

        self.driver.run(run, ended)
        return started.number

    def send_http(
        self,
        request: HttpRequest,
        timeout_ms: int,
        done: Callable[[HttpResponse | None, str], None],
        causes: tuple[int, ...],
    ) -> None:
        """Have the driver send a request to an endpoint outside; the reply is the next input."""
        subject = f"{request.method} {request.url}"
        sent = self._write("delivery", subject, {"body": request.body}, causes, is_input=False)

        def ended(response: HttpResponse | None, reason: str) -> None:
            with self.lock:
                self._catch_up()
                entry = self._write("outcome", subject, {}, (sent.number,), is_input=True)
                entry.outcome = reason if response is None else str(response.status)
                done(response, reason)
                self._catch_up()

        self.driver.send(request, timeout_ms, ended)

    # ---- within -------------------------------------------------------------------------------

    def _apply(
        self, service: str, operation: str, request: Request, caller: Caller, *, is_input: bool
    ) -> Reply:
        kind = "call" if is_input else "delivery"
        entry = self._write(
            kind, f"{service}.{operation}", request, caller.causes, is_input=is_input
        )
        context = self._context(entry, caller)
        try:
            if self.registry.owns(service, operation):
                reply: Reply = self.registry.call(service, operation, context, request)
            else:
                reply = self.delegated.call(context, service, operation, request)
        except AwsError as error:
            entry.outcome = str(error)
            raise
        entry.outcome = "pending" if isinstance(reply, Pending) else "ok"
        return reply

    def _context(self, entry: Entry, caller: Caller) -> CallContext:
        return CallContext(
            account_id=caller.account_id,
            region=caller.region,
            endpoint=caller.endpoint,
            protocol=caller.protocol,
            principal=caller.principal,
            trace_header=caller.trace_header,
            signed=caller.signed,
            request_id=caller.request_id or self.ids.uuid(),
            now_ms=self._now_ms,
            entry=entry.number,
        )

    def _write(
        self,
        kind: str,
        subject: str,
        detail: Mapping[str, Any],
        causes: tuple[int, ...],
        *,
        is_input: bool,
    ) -> Entry:
        entry = Entry(
            number=self.journal.next_number(),
            at_ms=self._now_ms,
            kind=kind,
            subject=subject,
            detail=detail,
            causes=causes,
            is_input=is_input,
        )
        self.journal.append(entry)
        return entry

    def _catch_up(self) -> None:
        """Run what is due, each timer at its own instant, then move to the present."""
        if self._running_timers:
            # A timer's callback led back here (a driver that runs inline). The loop below us
            # goes on after it; a second loop inside would run timers out of their order.
            return
        present_ms = self.driver.clock.now_ms()
        self._running_timers = True
        try:
            while (timer := self.scheduler.pop_due(present_ms)) is not None:
                self._now_ms = max(self._now_ms, timer.due_ms)
                timer.callback()
        finally:
            # Also after a timer's own mistake: the others must still be waited for.
            self._running_timers = False
            self._now_ms = max(self._now_ms, present_ms)
            self.storage.commit()
            self.driver.wake(self.scheduler.next_due_ms())
