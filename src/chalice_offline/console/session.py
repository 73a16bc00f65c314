"""The running emulator as the console sees it: reads like a client, acts through inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from chalice_offline.console.doors import Refusal
from chalice_offline.console.requests import checked
from chalice_offline.core.context import CallContext, Caller
from chalice_offline.core.errors import AwsError
from chalice_offline.core.names import nearest
from chalice_offline.core.pending import Pending
from chalice_offline.resetting import done_at_once, reset_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chalice_offline.core.kernel import Reply
    from chalice_offline.emulator import Emulator
    from chalice_offline.services.lambda_ import LambdaState

_READER = "console"
_PAGES_MAX = 100


class TimeControl(Protocol):
    """Who lets time pass in a virtual session; each returns once that has happened."""

    def advance(self, milliseconds: int) -> Pending[Any]:
        """Let so much time pass."""
        ...

    def settle(self) -> Pending[Any]:
        """Go on until nothing is left to do."""
        ...

    def leave(self) -> None:
        """Look around no longer: whoever waits goes on."""
        ...


class Session:
    """One emulator, one account and region, and what else a session knows about itself.

    `about` are facts to show (project, stage, addresses). `short_names` maps deployed names of
    functions to the project's own. `time` is None where time passes by itself.
    """

    def __init__(
        self,
        emulator: Emulator,
        lambda_: LambdaState,
        *,
        about: Callable[[], dict[str, Any]] = dict,
        short_names: Callable[[], dict[str, str]] = dict,
        time: TimeControl | None = None,
    ) -> None:
        self.emulator = emulator
        self.lambda_ = lambda_
        self.about = about
        self.short_names = short_names
        self.time = time
        # How often it was emptied; see `era`.
        self._emptied = 0
        self._began_ms = emulator.driver.clock.read().now_ms
        # Puts a new emulator, with what a file holds or nothing, in this one's place.
        self.begin_anew: Callable[[Path | None], Pending[None]] | None = None
        # Lets one service hold nothing but what the project has of it.
        self.reset_service: Callable[[str], Pending[None]] = self._reset_alone

    def _reset_alone(self, name: str) -> Pending[None]:
        return done_at_once(lambda: reset_service(self.emulator, name))

    @property
    def era(self) -> str:
        """What all numbers of runs and stories are of: another one, and they mean other things.

        A session that begins anew, or is started again at the same address, counts from 1 again.
        """
        return f"{self._began_ms}.{self._emptied}"

    def was_emptied(self) -> None:
        """Runs and journal were forgotten: whoever shows some of them begins anew."""
        self._emptied += 1

    @property
    def context(self) -> CallContext:
        """Who reads: nobody in particular, now. It takes no id, so nothing else changes."""
        emulator = self.emulator
        return CallContext(
            emulator.account_id, emulator.region, "", "json", "", _READER, emulator.now_ms, 0
        )

    def caller(self, origin: str = "") -> Caller:
        """Who acts: a client of this account and region."""
        emulator = self.emulator
        return Caller(emulator.account_id, emulator.region, origin)

    def read(self, service: str, operation: str, **request: Any) -> dict[str, Any]:
        """Return what an operation of AWS's that changes nothing answers; not journalled."""
        with self.emulator.lock:
            try:
                reply = self.emulator.registry.call(service, operation, self.context, request)
            except AwsError as error:
                raise refusal_of(error) from error
        assert isinstance(reply, dict)
        return reply

    def read_all(
        self, service: str, operation: str, members: str, more: str = "NextToken", **request: Any
    ) -> list[Any]:
        """Return the members of all pages of a list."""
        found: list[Any] = []
        for _ in range(_PAGES_MAX):
            page = self.read(service, operation, **request)
            found += page.get(members) or []
            if not page.get(more):
                break
            request[more] = page[more]
        return found

    def ask(self, service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Return the same of a service that is moto's, which only takes calls; journalled."""
        reply = self.done(service, operation, request)
        assert isinstance(reply, dict)
        return reply

    def act(self, service: str, operation: str, request: dict[str, Any], origin: str = "") -> Reply:
        """Make a call as a client would; journalled. Refusal with AWS's words when it refuses.

        `request` is as in JSON: bytes are texts.
        """
        shaped = checked(service, operation, request)
        try:
            return self.emulator.call(service, operation, shaped, self.caller(origin))
        except AwsError as error:
            raise refusal_of(error) from error

    def done(self, service: str, operation: str, request: dict[str, Any], origin: str = "") -> Any:
        """Do the same; the answer may be pending, and then fails with a Refusal."""
        reply = self.act(service, operation, request, origin)
        return with_refusals(reply) if isinstance(reply, Pending) else reply

    # ---- functions -------------------------------------------------------------------------------

    def functions(self) -> Iterator[Any]:
        """Give the functions of this account and region."""
        yield from self.lambda_.functions_of(self.context)

    def function(self, name: str) -> Any:
        """Return the function of a deployed name; None without one."""
        emulator = self.emulator
        return self.lambda_.by_name(name, emulator.account_id, emulator.region)

    def function_name(self, name: str) -> str:
        """Return the deployed name of a function by either of its names; Refusal without one."""
        deployed = [function.name for function in self.functions()]
        if name in deployed:
            return name
        short = self.short_names()
        for full, own in short.items():
            if own == name and full in deployed:
                return full
        known = [short.get(full, full) for full in deployed]
        raise Refusal(f"There is no function {name}.{nearest(name, known)}", 404)

    def shown_name(self, deployed: str) -> str:
        """Return the name of a function that its author gave it."""
        return self.short_names().get(deployed, deployed)


def refusal_of(error: AwsError) -> Refusal:
    """Return AWS's refusal as the console's."""
    status = error.status if 400 <= error.status < 500 else 400
    return Refusal(f"AWS answers {error.code}: {error.message}", status)


def with_refusals(reply: Pending[Any]) -> Pending[Any]:
    """Return a pending reply of which the errors of AWS are refusals."""
    shown: Pending[Any] = Pending()

    def settled(settled_reply: Pending[Any]) -> None:
        try:
            value = settled_reply.result()
        except AwsError as error:
            shown.fail(refusal_of(error))
        else:
            shown.resolve(value)

    reply.then(settled)
    return shown
