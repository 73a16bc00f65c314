"""What all circuits share: one row each in the table `limits`, and nothing held up without it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.errors import AwsUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalicelib.adapters.limit_table import Circuit, LimitTable


class NotNow(Exception):  # noqa: N818 - internal signal
    """Nobody calls before `until_ms`."""

    def __init__(self, reason: str, until_ms: int) -> None:
        super().__init__(reason)
        self.until_ms = until_ms


class Circuits:
    """Circuits of one kind, as all containers know them. `kind` begins their lines in the log."""

    def __init__(
        self, table: Callable[[], LimitTable], now_ms: Callable[[], int], kind: str
    ) -> None:
        self._table = table
        self._now_ms = now_ms
        self._kind = kind

    @contextmanager
    def blindly(self) -> Iterator[None]:
        """Go on without the table when it does not answer; the log says so."""
        try:
            yield
        except AwsUnavailable as error:
            log.error(f"{self._kind}.blind", reason=str(error))

    def take_try(self, name: str, circuit: Circuit | None, until_ms: int) -> bool:
        """Take the one call that is allowed when an open circuit's time is over.

        Nobody else has it then before `until_ms`; False when somebody has it. One that is not open
        needs no try.
        """
        if circuit is None or not circuit.open_until_ms:
            return True
        return self._table().probe(name, circuit.open_until_ms, until_ms)

    def give_try_back(self, name: str, until_ms: int) -> None:
        """Let somebody else have the try that was taken until then: no call came of it."""
        self._table().probe(name, until_ms, self._now_ms())

    def failed(self, name: str, most: int, opens_ms: int, *, is_try: bool = True) -> Circuit | None:
        """Count a failure; return the circuit when that has opened it, for `opens_ms`.

        While it is open only a try says something new: other calls began before.
        """
        now_ms = self._now_ms()
        circuit = self._table().failed(name, now_ms)
        if circuit.failures < most or (circuit.open_until_ms > now_ms and not is_try):
            return None
        circuit = self._table().open(name, now_ms + opens_ms)
        log.warning(f"{self._kind}.open", circuit=name, opened=circuit.opened)
        return circuit
