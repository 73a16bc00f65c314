"""How far a mapping has come in a shard."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field


@dataclass(slots=True)
class Progress:
    """A shard's place: where reading began, and the last record all before which are done.

    Records are handled in lanes, which may overtake each other; `checkpoint` only moves over
    records that are done together with all before them. `finished` says that the shard was read
    and handled to its end.
    """

    parents: tuple[str, ...]
    position: str
    position_seconds: float | None = None
    checkpoint: str = ""
    finished: bool = False
    # In order; whether each is done. An OrderedDict, because the front of a dict gets slow to find.
    _read: OrderedDict[str, bool] = field(default_factory=OrderedDict)

    @property
    def has_open_records(self) -> bool:
        """Whether something was read and is not done."""
        return bool(self._read)

    def read(self, number: str) -> None:
        """Say that a record was read."""
        self._read[number] = False

    def done(self, number: str) -> None:
        """Say that a record was handled, given up or filtered out."""
        if number in self._read:
            self._read[number] = True
        while self._read:
            first = next(iter(self._read))
            if not self._read[first]:
                return
            self.checkpoint = first
            self._read.popitem(last=False)

    def forget_open_records(self) -> None:
        """Say that reading starts again behind the checkpoint."""
        self._read.clear()
