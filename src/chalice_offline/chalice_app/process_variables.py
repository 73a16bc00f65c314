"""Environment variables of the process, while an emulator has it."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The developer's own: an SDK that finds it looks for credentials which are no function's business.
_TAKEN_OUT = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")


class ProcessVariables:
    """Environment variables of the process, as long as they are put in place.

    boto3's default session goes with them, for it remembers the credentials it found.
    """

    _in_place: ClassVar[ProcessVariables | None] = None

    _our_session: ClassVar[Any] = None

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = dict(variables)
        self._before: dict[str, str | None] = {}
        self._session_before: Any = None
        self._outer: ProcessVariables | None = None

    def put_in_place(self) -> None:
        """Set them, and take out what would get in their way."""
        self._outer, ProcessVariables._in_place = ProcessVariables._in_place, self
        names = [*self._variables, *_TAKEN_OUT]
        self._before = {name: os.environ.get(name) for name in names}
        for name in _TAKEN_OUT:
            os.environ.pop(name, None)
        os.environ.update(self._variables)
        _heed_time_zone()
        self._session_before = _swap_default_session(ProcessVariables._our_session)

    def take_away(self) -> None:
        """Make them what they were."""
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._before = {}
        _heed_time_zone()
        ProcessVariables._our_session = _swap_default_session(self._session_before)
        self._outer, ProcessVariables._in_place = None, self._outer

    @classmethod
    def shell(cls) -> dict[str, str]:
        """Return the process's variables without those that an emulator has put in place."""
        variables = dict(os.environ)
        layer = cls._in_place
        while layer is not None:
            for name, value in layer._before.items():  # noqa: SLF001
                variables.pop(name, None)
                if value is not None:
                    variables[name] = value
            layer = layer._outer  # noqa: SLF001
        return variables

    @contextmanager
    def active(self) -> Iterator[None]:
        """Put them in place for a while."""
        self.put_in_place()
        try:
            yield
        finally:
            self.take_away()


def _heed_time_zone() -> None:
    """Let the process's clock show the time zone that TZ names now; Windows has only one."""
    if hasattr(time, "tzset"):
        time.tzset()


def _swap_default_session(session: Any) -> Any:
    """Make this boto3's default session, and return the one before."""
    boto3: Any = sys.modules.get("boto3")
    if boto3 is None:
        return None
    before, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, session
    return before
