"""Faults on purpose: which are switched on, and switching them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal
from chalice_offline.core.errors import AwsError
from chalice_offline.core.faults import FUNCTION, KINDS, MESSAGE, Fault
from chalice_offline.core.names import nearest
from chalice_offline.core.numerals import whole_number
from chalice_offline.protocols import operation_names

if TYPE_CHECKING:
    from chalice_offline.console.session import Session

_LONGEST_MS = 3_600_000
_OWN_OPERATIONS = {"execute-api": ("Request",)}  # what botocore does not have


class FaultDoors:
    """The faults of one emulator."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [
            Door("GET", "faults", self.all),
            Door("POST", "faults", self.add),
            Door("POST", "faults/clear", self.clear),
            Door("POST", "faults/{number}/remove", self.remove),
        ]

    def all(self, _asked: Asked) -> dict[str, Any]:
        """Answer those that are switched on, and how often each has struck."""
        with self._session.emulator.lock:
            return {"faults": [asdict(one) for one in self._session.emulator.faults.all()]}

    def add(self, asked: Asked) -> dict[str, Any]:
        """Switch one on: `kind`, `target`, `probability`, `times`, `milliseconds`, `code` …."""
        kind = asked.text("kind")
        if kind not in KINDS:
            raise Refusal(f'"kind" is {kind[:40]!r}; it must be one of {", ".join(KINDS)}.')
        probability = asked.number("probability", 1.0)
        times = asked.number("times")
        milliseconds = asked.number("milliseconds", 1_000)
        if probability is None or not 0 < probability <= 1:
            raise Refusal('"probability" must be above 0 and at most 1.')
        if times is not None and (times < 1 or times != int(times)):
            raise Refusal('"times" must be a whole number, 1 at least.')
        if milliseconds is None or not 0 <= milliseconds <= _LONGEST_MS:
            raise Refusal(f'"milliseconds" must be between 0 and {_LONGEST_MS}.')
        status = asked.number("status", 0)
        if status is None or (status and not 400 <= status <= 599):
            raise Refusal('"status" must be between 400 and 599.')
        fault = Fault(
            kind=kind,
            target=self.target(asked.text("target")),
            probability=probability,
            times=None if times is None else int(times),
            milliseconds=int(milliseconds),
            code=asked.text("code", ""),
            message=asked.text("message", MESSAGE),
            status=int(status),
        )
        seed = asked.number("seed")
        emulator = self._session.emulator

        def switch_on(_context: Any) -> Fault:
            if seed is not None:
                emulator.faults.reseed(int(seed))
            return emulator.faults.add(fault)

        return asdict(self._act("faults.SwitchOn", asdict(fault), switch_on, asked))

    def remove(self, asked: Asked) -> dict[str, Any]:
        """Switch one off by its number."""
        name = asked.name("number")
        faults = self._session.emulator.faults
        number = whole_number(name) or 0
        remove = lambda _context: faults.remove(number)  # noqa: E731 - one word more says no more
        if not self._act("faults.SwitchOff", {"number": number}, remove, asked):
            known = [str(fault.number) for fault in faults.all()]
            raise Refusal(f"There is no fault {name[:40]}.{nearest(name, known)}", 404)
        return {"removed": number}

    def clear(self, asked: Asked) -> dict[str, Any]:
        """Switch all off."""
        faults = self._session.emulator.faults
        count = len(faults.all())
        self._act("faults.SwitchOff", {"number": "all"}, lambda _context: faults.clear(), asked)
        return {"removed": count}

    def target(self, text: str) -> str:
        """Return a target as faults spell it: a service, an operation, or a function."""
        session = self._session
        if text.startswith(FUNCTION):
            return f"{FUNCTION}{session.function_name(text.removeprefix(FUNCTION))}"
        service, dot, operation = text.partition(".")
        known = _operations(service)
        if known is not None and not dot:
            return service
        if known is not None:
            if operation not in known:
                raise Refusal(f"{service} has no {operation[:80]}.{nearest(operation, known)}", 404)
            return text
        if dot:
            names = session.emulator.registry.names()
            raise Refusal(f"There is no service {service[:80]}.{nearest(service, names)}", 404)
        try:
            return f"{FUNCTION}{session.function_name(text)}"
        except Refusal as refusal:
            raise Refusal(
                f"{text[:80]} is no service, no operation (sqs.SendMessage) and no function. "
                f"{refusal.sentence}",
                404,
            ) from refusal

    def _act(self, subject: str, detail: dict[str, Any], do: Any, asked: Asked) -> Any:
        session = self._session
        return session.emulator.act(subject, detail, do, session.caller(asked.origin))


def _operations(service: str) -> tuple[str, ...] | None:
    if service in _OWN_OPERATIONS:
        return _OWN_OPERATIONS[service]
    try:
        return operation_names(service)
    except AwsError:
        return None
