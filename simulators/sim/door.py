"""Where each call of a function passes, to AWS and to vendors: slowed, failed, or cut off.

What happens to a call is its fate (simulators/sim/fate.py): vendors' troubles, a function that
dies before or after it, one that hangs until Lambda stops it, a pause in which others go on.
Vendors are called without a socket and without `requests`.
"""

from __future__ import annotations

import gzip
import json as json_module
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from botocore.client import BaseClient

from chalicelib.adapters.http import (
    ConnectFailed,
    HttpReply,
    NoReply,
    VendorHttp,
    of_the_vendor,
)
from chalicelib.domain.deadlines import CONNECT_SECONDS, READ_SECONDS
from simulators import faults
from simulators.sim import plan as plans
from simulators.sim.fate import chosen, fraction
from simulators.sim.straight import Straight
from simulators.street import VENDORS_URL
from simulators.wsgi import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chalice_offline.emulator import Emulator
    from simulators.sim.plan import Plan
    from simulators.simulator import Simulator
    from simulators.world import World

MAIL = "sesv2.SendEmail"
HANG_SECONDS = 3600
"""Longer than any function may live."""

VENDORS_OWN: dict[str, tuple[str, dict[str, Any]]] = {
    plans.THROTTLED: (faults.RATE_LIMITED, {}),
    plans.UNAUTHORIZED: (faults.UNAUTHORIZED, {}),
    plans.FAILED: (faults.ERROR_BEFORE_COMMIT, {"status": 500}),
    plans.UNAVAILABLE: (faults.ERROR_BEFORE_COMMIT, {"status": 503}),
    plans.FAILED_AFTER: (faults.ERROR_AFTER_COMMIT, {"status": 500}),
}
"""Troubles that a vendor's simulator answers with by itself, in the vendor's own words."""


class Died(MemoryError):  # noqa: N818 - what happened
    """What a function that runs out of memory sees last. Nothing of ours catches it."""


@dataclass(slots=True)
class Caller:
    """A run of a function: which, and about which order."""

    function: str
    order_id: str
    died: bool = False


@dataclass(frozen=True, slots=True)
class Passed:
    """One line of the story."""

    at_ms: int
    function: str
    order_id: str
    what: str
    end: str


caller: ContextVar[Caller | None] = ContextVar("caller", default=None)


class Door:
    """The door of one evening; `wear` hears of each call that goes as far as botocore."""

    def __init__(
        self,
        plan: Plan,
        world: World,
        emulator: Emulator,
        began_ms: int,
        wear: Callable[[Any], None],
    ) -> None:
        self.plan = plan
        self.world = world
        self.emulator = emulator
        self.began_ms = began_ms
        self._wear = wear
        self.is_fair = True
        # What AWS does otherwise than usual: services, and operations of services.
        self.disturbed: Counter[str] = Counter()
        self.is_all_through_botocore = False
        self.log: list[Passed] = []
        self.counts: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.mails: Counter[tuple[str, str]] = Counter()
        self.maybe_untold: set[str] = set()
        self._numbers: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Have all calls of functions pass here."""
        door, own = self, vars(BaseClient)
        make_api_call = own["_make_api_call"]

        def botocore(client: Any, operation: str, request: dict[str, Any]) -> Any:
            door._wear(client)
            return make_api_call(client, operation, request)

        straight = Straight(self.emulator, botocore).call

        def call(client: Any, operation: str, request: dict[str, Any]) -> Any:
            way = botocore if door.needs_botocore(client, operation) else straight
            return way(client, operation, request)

        def aws(client: Any, operation: str, request: dict[str, Any]) -> Any:
            run = caller.get()
            if run is None:  # the street's own
                return call(client, operation, request)
            what = f"{client.meta.service_model.service_name}.{operation}"
            return door.passed(run, what, lambda: call(client, operation, request), request)

        def vendor(_http: VendorHttp, method: str, url: str, **call: Any) -> HttpReply:
            run = caller.get() or Caller("-", "-")
            return door.to_vendor(run, method, url, **call)

        with ExitStack() as stack:
            stack.enter_context(patch.object(BaseClient, "_make_api_call", aws))
            stack.enter_context(patch.object(VendorHttp, "call", vendor))
            yield

    def needs_botocore(self, client: Any, operation: str) -> bool:
        """Say whether how botocore waits and tries a call again belongs to the play."""
        if self.is_all_through_botocore:
            return True
        if not self.disturbed:
            return False
        service = client.meta.service_model.service_name
        return service in self.disturbed or f"{service}.{operation}" in self.disturbed

    # ---- fates -------------------------------------------------------------------------------

    def passed(self, run: Caller, what: str, call: Callable[[], Any], request: Any = None) -> Any:
        """Let one call pass, or let its function die before or after it."""
        self.calls[what] += 1
        words = self._words(run)
        weather = self.plan.weather
        fate = 1.0 if self.is_fair else fraction(*words, "end")
        if fraction(*words, "pause") < weather.pause:
            _let_time_pass(0.001 + 0.3 * fraction(*words, "how long"))
        dies = fate < weather.crash
        if dies and fate < weather.crash / 2:
            self._die(run, what, "died before it")
        if weather.crash <= fate < weather.crash + weather.hang:
            self._hang(run, what)
        try:
            result = call()
        except Exception as error:
            self._note(run, what, request, f"{type(error).__name__}: {error}")
            raise
        if what == MAIL:
            to = request["Destination"]["ToAddresses"][0]
            self.mails[to, request["Content"]["Simple"]["Subject"]["Data"]] += 1
        self._note(run, what, request, "")
        if dies:
            self._die(run, what, "died after it")
        return result

    def _words(self, run: Caller) -> tuple[object, ...]:
        self._numbers[run.function, run.order_id] += 1
        number = self._numbers[run.function, run.order_id]
        return self.plan.seed, run.function, run.order_id, number

    def _die(self, run: Caller, what: str, how: str) -> None:
        run.died = True
        self.counts[f"crash: {how.removesuffix(' it')} a call"] += 1
        self._note(run, what, None, how)
        raise Died

    def _hang(self, run: Caller, what: str) -> None:
        run.died = True
        self.counts["crash: hung until stopped"] += 1
        self._note(run, what, None, "hangs")
        _let_time_pass(HANG_SECONDS)

    # ---- vendors -----------------------------------------------------------------------------

    def to_vendor(
        self,
        run: Caller,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        read_seconds: int = READ_SECONDS,
        compressed: bool = False,
    ) -> HttpReply:
        """Make one call to a vendor."""
        parts = urlsplit(url.removeprefix(VENDORS_URL))
        mount, _, path = parts.path.lstrip("/").partition("/")
        body, kind = b"", ""
        if json is not None:
            body, kind = json_module.dumps(json).encode(), "application/json"
        elif form is not None:
            body, kind = urlencode(form).encode(), "application/x-www-form-urlencoded"
        lower = {name.lower(): value for name, value in (headers or {}).items()}
        if compressed:
            body, lower["content-encoding"] = gzip.compress(body, mtime=0), "gzip"
        request = Request(
            method,
            f"/{unquote(path)}",
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            {**lower, "content-type": kind},
            body,
        )
        return self.passed(  # type: ignore[no-any-return]
            run, f"{method} {mount}/{path}", lambda: self._call(run, mount, request, read_seconds)
        )

    def _call(self, run: Caller, mount: str, request: Request, read_seconds: int) -> HttpReply:
        simulator = self.world.simulators[mount]
        words = self._words(run)
        trouble = self._trouble(mount, words)
        delay = fraction(*words, "delay")
        if trouble:
            self.counts[f"vendor: {trouble}"] += 1
            self._note(run, f"  {mount}", None, trouble)
        if trouble == plans.REFUSED:
            _let_time_pass(delay * CONNECT_SECONDS)
            raise ConnectFailed("ConnectTimeout")
        if trouble in (plans.LOST_BEFORE, plans.LATE):
            if trouble == plans.LATE:
                late_ms = self.world.now_ms() + round((read_seconds + delay) * 1000)
                simulator.at(late_ms, lambda: _arrive(simulator, request))
            _let_time_pass(read_seconds)
            raise NoReply("ReadTimeout")
        slow = read_seconds * 0.98 if trouble == plans.SLOW else 0.4
        first = fraction(*words, "first")
        _let_time_pass(slow * delay * first)
        reply = self._carried_out(simulator, request, trouble)
        _let_time_pass(slow * delay * (1 - first))
        return of_the_vendor(self._brought_back(reply, trouble, read_seconds))

    def _trouble(self, mount: str, words: tuple[object, ...]) -> str:
        if self.is_fair:
            return ""
        now_ms = self.world.now_ms() - self.began_ms
        for window in self.plan.vendors:
            is_on = window.target == mount and window.from_ms <= now_ms < window.to_ms
            is_on = is_on and window.kind != plans.NO_COURIERS  # no call fails by that
            if is_on and fraction(*words, "outage") < window.probability:
                return window.kind
        if fraction(*words, "trouble") < self.plan.weather.trouble:
            return chosen(plans.TROUBLES, fraction(*words, "which"))
        return ""

    def _carried_out(self, simulator: Simulator, request: Request, trouble: str) -> HttpReply:
        if trouble in VENDORS_OWN:
            fault, options = VENDORS_OWN[trouble]
            simulator.faults.add("*", fault, **options)
        return _carry_out(simulator, request)

    def _brought_back(self, reply: HttpReply, trouble: str, read_seconds: int) -> HttpReply:
        if trouble == plans.LOST_AFTER:
            _let_time_pass(read_seconds)
            raise NoReply("ReadTimeout")
        if trouble == plans.BAD_GATEWAY:
            return HttpReply(502, b"<html>Bad Gateway</html>", {"content-type": "text/html"})
        if trouble == plans.CUT:
            return HttpReply(reply.status, reply.body[: len(reply.body) // 2], reply.headers)
        return reply

    # ---- the story ---------------------------------------------------------------------------

    def _note(self, run: Caller, what: str, request: Any, end: str) -> None:
        if isinstance(request, dict):
            what = f"{what} {_gist(request)}"
        if run.function == "tell" and (run.died or (end and what.startswith(MAIL))):
            self.maybe_untold.add(run.order_id)
        at_ms = self.world.now_ms() - self.began_ms
        self.log.append(Passed(at_ms, run.function, run.order_id, what, end))


def _let_time_pass(seconds: float) -> None:
    """Pause in virtual time: other functions go on meanwhile."""
    time.sleep(seconds)


def _carry_out(simulator: Simulator, request: Request) -> HttpReply:
    response = simulator.handle(request)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return HttpReply(response.status, response.body, headers)


def _arrive(simulator: Simulator, request: Request) -> None:
    _carry_out(simulator, request)


def _gist(request: Mapping[str, Any]) -> str:
    """Return what a reader of the story wants to know of an AWS call."""
    item = request.get("Item", {})
    if "state" in item:
        undo = item.get("undo", {}).get("S", "")
        said = item.get("answered", {}).get("S", "")
        return f"{item['state']['S']} v{item['version']['N']} undo={undo} answered={said}"
    if "menu" in item:  # what is off, and which partner has which menu
        return f"{item['menu']['S']} {item['item_id']['S']}"
    if "body" in item:
        return _gist_of_checkout(json_module.loads(item["body"]["S"]))
    if "Content" in request:
        return str(request["Content"]["Simple"]["Subject"]["Data"])
    if "Entries" in request:
        return " ".join(entry.get("DetailType", "") for entry in request["Entries"])
    if "QueueUrl" in request:
        delay = f" in {request['DelaySeconds']} s" if request.get("DelaySeconds") else ""
        return str(request["QueueUrl"]).rpartition("/")[2] + delay
    key = request.get("Key")
    return str(next(iter(key.values()), "")) if isinstance(key, dict) else str(key or "")


def _gist_of_checkout(record: Mapping[str, Any]) -> str:
    where = "/".join(str(record[part]) for part in ("paid", "kitchen", "courier", "ending"))
    return f"{where} v{record['version']}"
