"""What a service may ask of the kernel it runs in."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.core.ids import Ids
    from chalice_offline.core.run import FunctionRun, Outcome, RunLife
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.core.storage import Storage

Request = dict[str, Any]
Result = dict[str, Any]
Reply = Result | Pending[Result]
Operation = Callable[[Any, "CallContext", Request], Reply]
Page = Callable[["HttpRequest"], "HttpResponse"]
Completion = Callable[[Any, "HttpRequest", "HttpResponse"], None]


@dataclass(frozen=True, slots=True)
class Service:
    """An emulated AWS service: its name as botocore spells it, what it holds, what it can do.

    An operation is called as `operation(state, context, request)`. It returns the result with
    AWS's own keys, or a Pending for what is answered later, and raises AwsError.

    `pages` are paths it answers with plain HTTP (a certificate, a package), `hosts` the names, in
    small letters, that stand for what users built. `receivers` are paths at which it is sent
    something: each is a call of the operation named, with "Query" and "Body". `preparations` run
    before a call to the service of that name is delegated.

    `renew` answers whoever waits for a state, takes what storage has of it, and returns one that
    holds nothing; without it the service is not reset alone. Its timers and watches end then, but
    for those of the modules in `outlasting`: what a run or a client is promised. `neighbour_reset`
    hears the name of another service that is about to be reset, and returns what it does when that
    has happened.
    """

    name: str
    state: Any
    operations: Mapping[str, Operation]
    pages: Mapping[str, Page] = field(default_factory=dict)
    preparations: Mapping[str, Callable[[], None]] = field(default_factory=dict)
    complete: Completion | None = None
    hosts: Container[str] = ()
    receivers: Mapping[str, str] = field(default_factory=dict)
    renew: Callable[[Any], Any] | None = None
    outlasting: frozenset[str] = frozenset()
    neighbour_reset: Callable[[Any, str], Callable[[], None]] | None = None

    def call(self, operation: str, context: CallContext, request: Request) -> Reply:
        """Run one operation; raises AwsError when the service has none of that name."""
        found = self.operations.get(operation)
        if found is None:
            raise missing_operation(self.name, operation)
        return found(self.state, context, request)


def missing_operation(service: str, operation: str) -> AwsError:
    """Return the error for an operation AWS has and this emulator has not."""
    return AwsError(
        "NotImplemented",
        f"chalice-offline does not emulate {service}:{operation}. docs/COVERAGE.md lists what it "
        "does; nothing was changed by this call.",
        status=501,
        sender_fault=False,
    )


class Kernel(Protocol):
    """The services' only way to time, ids, each other and the outside."""

    ids: Ids
    storage: Storage

    @property
    def now_ms(self) -> int:
        """The instant the present input or timer happens at."""
        ...

    @property
    def awake_ms(self) -> int:
        """The same, less the time the machine slept: what ages and deadlines are measured in."""
        ...

    def at(
        self,
        due_ms: int,
        callback: Callable[[], None],
        *,
        owed: bool = True,
        appointment: bool = False,
    ) -> Timer:
        """Run `callback` at `due_ms`. `owed=False`: `settle()` does not wait for it.

        The wait goes on where it was when the machine slept, except for an `appointment`: a date
        and time (a schedule), which is then overdue and kept at once.
        """
        ...

    def cancel(self, timer: Timer | None) -> None:
        """Make sure `timer` never runs."""
        ...

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
        """Call a neighbour as any client would; it raises AwsError as it would for a client.

        `causes` is the caller's own entry (`context.entry`) or the entries of the messages this
        follows from; `principal` the AWS service that delivers ("sns.amazonaws.com"). `endpoint` is
        where URLs in the reply lead; AWS's own unless told. `trace_header` is the X-Ray header of
        what this follows from.
        """
        ...

    def note(
        self, subject: str, detail: Mapping[str, Any], causes: tuple[int, ...], outcome: str = ""
    ) -> int:
        """Write down a decision (an event no rule matched, a dead letter); return its entry."""
        ...

    def complete(self, entry: int, outcome: str) -> None:
        """Say in the entry of a call how it ended, when it is answered later: an API's status."""
        ...

    def watch(self, topic: str, callback: Callable[[], None]) -> None:
        """Call `callback` on every `signal(topic)`, in the order in which watches were set."""
        ...

    def unwatch(self, topic: str, callback: Callable[[], None]) -> None:
        """Undo `watch`."""
        ...

    def signal(self, topic: str) -> None:
        """Say that something happened to `topic` (usually an ARN)."""
        ...

    def is_watched(self, topic: str) -> bool:
        """Whether anybody watches `topic`: work on it is then owed, else it just waits."""
        ...

    def set_origin(self, key: str, entry: int) -> None:
        """Remember which journal entry brought about a message or record, by its id."""
        ...

    def origin(self, key: str) -> tuple[int, ...]:
        """Return the entry remembered for `key` as causes; () when it is not known (any more)."""
        ...

    def start_run(
        self,
        run: FunctionRun,
        causes: tuple[int, ...],
        started: Callable[[], None],
        done: Callable[[Outcome], None],
    ) -> int:
        """Have a handler run outside the kernel; return the run's journal entry.

        `started` is called when the handler starts, `done` with its outcome, which is an input;
        neither before this returns. A run may fail without having started.
        """
        ...

    def stop_run(self, entry: int, life: RunLife) -> bool:
        """Stop a run whose timeout is over: no call of it counts any more.

        False, and nothing happens, while timeouts wait (a debugger is attached).
        """
        ...

    def timeouts_wait(self) -> bool:
        """Whether who waits for a handler waits on: it is debugged, or timeouts are off."""
        ...

    def throttles(self, function_name: str) -> bool:
        """Whether a fault that was asked for refuses this run of a function as one too many."""
        ...

    def turns(self, causes: tuple[int, ...], function_arn: str) -> int:
        """Return how often a function has run in the chain of requests that led here."""
        ...

    def send_http(
        self,
        request: HttpRequest,
        timeout_ms: int,
        done: Callable[[HttpResponse | None, str], None],
        causes: tuple[int, ...],
    ) -> None:
        """Send a request to an endpoint outside.

        `done(response, "")` is called with the reply, or `done(None, reason)` when none came.
        """
        ...
