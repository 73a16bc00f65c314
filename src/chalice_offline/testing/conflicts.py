"""Other libraries that answer boto3 or hold the process's clock: one clear error names them.

Two of them at once would both be wrong, silently: moto empties its tables when `mock_aws` begins,
and a frozen clock does not move when virtual time does.
"""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from chalice_offline.drivers.process_clock import ProcessClock


class ConflictError(RuntimeError):
    """Something else controls what the emulator must control."""


def refuse_others(held: ProcessClock | None = None) -> None:
    """Raise ConflictError when another library has AWS or the clock in its hands.

    `held` is the process's clock where it is in ours.
    """
    models: Any = sys.modules.get("moto.core.models")
    if models is not None and models.MockAWS._mocks_active:  # noqa: SLF001 - moto says it nowhere else
        raise _mock_conflict()
    if held is None:
        name = _foreign_clock()
        if name:
            raise _clock_conflict(name)
    # freezegun lets those be that it is told to ignore: us, and not the handlers' `datetime`.
    elif _is_frozen() or not held.stands_where_it_was_put():
        raise _clock_conflict(_foreign_clock() or "another library")


def _foreign_clock() -> str:
    """Return who holds the process's clock, or ""."""
    if _is_frozen():
        return "freezegun"
    time_machine: Any = sys.modules.get("time_machine")
    if time_machine is not None and time_machine.escape_hatch.is_travelling():
        return "time-machine"
    return ""


def _is_frozen() -> bool:
    return dt.datetime.__module__.startswith("freezegun.")


_start_of_a_mock: list[Any] = []


def forbid_mocks() -> None:
    """Let `mock_aws` raise ConflictError where it begins.

    Later is too late: it empties moto's tables, ours included, and answers boto3 before we do.
    """
    models: Any = sys.modules.get("moto.core.models")
    if models is None or _start_of_a_mock:
        return
    _start_of_a_mock.append(models.MockAWS.start)

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise _mock_conflict()

    models.MockAWS.start = refuse


def allow_mocks() -> None:
    """Let `mock_aws` begin again."""
    if _start_of_a_mock:
        sys.modules["moto.core.models"].MockAWS.start = _start_of_a_mock.pop()


def _mock_conflict() -> ConflictError:
    return _conflict(
        "moto's mock_aws is active", "leave mock_aws out", "the emulator answers boto3 itself"
    )


def _clock_conflict(name: str) -> ConflictError:
    return _conflict(
        f"{name} holds the process's clock",
        f"leave {name} out, choose the first instant with start=… and move with offline.advance()",
        "the emulator's virtual time moves that clock itself",
    )


def _conflict(what: str, instead: str, why: str) -> ConflictError:
    return ConflictError(f"{what} while an Offline emulator is in use: {instead}, for {why}")
