"""What one run writes, in lines: passed on to where it goes, and taken down for CloudWatch Logs."""

from __future__ import annotations

import logging
import threading
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Any

from chalice_offline.core.failures import FailureLog

if TYPE_CHECKING:
    from chalice_offline.core.clock import Clock
    from chalice_offline.core.run import FunctionRun

# A line that goes on and on (dots that say that something gets on) is not kept for longer.
HELD_CHARACTERS_MAX = 8192

_failures = FailureLog(logging.getLogger(__name__))


class RunOutput:
    """Cuts what a run writes, piece by piece and from several threads, into lines.

    They are passed on a line at a time, too: `print` writes its arguments one by one, and whoever
    else writes to the same stream would get between them.
    """

    def __init__(self, run: FunctionRun, clock: Clock) -> None:
        """Take down for `run`, at the instants of `clock`."""
        self.request_id = run.request_id
        self._log = run.log
        self._clock = clock
        # Not a plain lock: what Python collects in between may print, on the same thread.
        self._lock = threading.RLock()
        self._begun: list[str] = []
        # What of a line has not been passed on. By identity: any object may be a stream, also one
        # without a hash.
        self._held: dict[int, _Held] = {}
        self._decoder = getincrementaldecoder("utf-8")("backslashreplace")
        self._is_over = False

    def write(self, stream: Any, text: str) -> None:
        """Pass whole lines on to a stream, keep what has begun, and take all of it down.

        Raises what the stream does; what it has no bytes for is refused now and not later, as a
        stream of Python's refuses it (UnicodeEncodeError), and not taken down.
        """
        if not text.isascii():
            _encode(stream, text)
        with self._lock:
            held = self._held.get(id(stream)) or self._held.setdefault(id(stream), _Held(stream))
            whole = held.whole_lines(text, keep=not self._is_over)
        if whole:
            stream.write(whole)
        self._take_down(text)

    def write_bytes(self, stream: Any, data: bytes) -> None:
        """Take down what goes past the text stream `stream`, which first writes what it has."""
        self.flush(stream)
        with self._lock:
            text = self._decoder.decode(data)
        self._take_down(text)

    def flush(self, stream: Any) -> None:
        """Write what of a line there is."""
        with self._lock:
            held = self._held.get(id(stream))
            begun = held.taken() if held is not None else ""
        if begun:
            stream.write(begun)

    def append(self, entry: str) -> None:
        """Add an entry that may have several lines and stays one event."""
        if not entry.isascii():  # a lone surrogate is no character: no client could be sent it
            entry = entry.encode("utf-8", "backslashreplace").decode()
        self._log.append(self._clock.now_ms(), entry)

    def end(self) -> None:
        """Write and take down what has no end; whoever still writes keeps nothing back any more."""
        with self._lock:
            self._is_over = True
            if cut := self._decoder.decode(b"", final=True):  # in the middle of a character
                self._begun.append(cut)
            if self._begun:
                self.append("".join(self._begun))
                self._begun.clear()
            left = [(held.stream, held.taken()) for held in self._held.values()]
        for stream, begun in left:
            try:
                if begun:
                    stream.write(begun)
            except Exception as error:  # noqa: BLE001 - somebody else's stream: one that is closed
                _failures.report("what a handler printed last could not be written", error)

    def _take_down(self, text: str) -> None:
        *complete, rest = text.split("\n")
        with self._lock:
            for line in complete:
                begun, self._begun = self._begun, []
                self.append("".join([*begun, line, "\n"]))
            if rest:
                self._begun.append(rest)


class _Held:
    """What has begun on a stream, in pieces: to add to a long text each time takes too long."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self._pieces: list[str] = []
        self._left = HELD_CHARACTERS_MAX

    def whole_lines(self, text: str, *, keep: bool) -> str:
        """Return what is to be written now that `text` has come; `keep` the line that has begun."""
        end = text.rfind("\n") + 1
        begun = len(text) - end
        if not keep or begun > (HELD_CHARACTERS_MAX if end else self._left):
            end = len(text)
        whole = self.taken() + text[:end] if end else ""
        if end < len(text):
            self._pieces.append(text[end:])
            self._left -= begun
        return whole

    def taken(self) -> str:
        """Return all of it, and hold nothing any more."""
        pieces, self._pieces, self._left = self._pieces, [], HELD_CHARACTERS_MAX
        return "".join(pieces)


def _encode(stream: Any, text: str) -> None:
    encoding, errors = getattr(stream, "encoding", None), getattr(stream, "errors", None)
    if isinstance(encoding, str):
        text.encode(encoding, errors if isinstance(errors, str) else "strict")
