"""Tracebacks in which the user's own lines come first, and those of packages in one line after."""

from __future__ import annotations

import logging
import sysconfig
import traceback
from pathlib import Path

from chalice_offline.trace.run_line import DIM, RED, YELLOW, paint

_COLOURS = {"WARNING": YELLOW, "ERROR": RED, "CRITICAL": RED}
_PACKAGES_TOLD = 6
_HERE = str(Path(__file__).resolve().parents[1])


class OwnFramesFirst(logging.Formatter):
    """Formats log records for the terminal; `whole` leaves tracebacks as Python writes them."""

    def __init__(self, *, colour: bool = False, whole: bool = False) -> None:
        super().__init__()
        self._colour = colour
        self._whole = whole
        paths = sysconfig.get_paths()
        self._packages = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]

    def format(self, record: logging.LogRecord) -> str:
        """Return a record's lines."""
        level = paint(record.levelname, _COLOURS.get(record.levelname, ""), colour=self._colour)
        lines = [f"{level} {record.getMessage()}"]
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            lines.append(
                "".join(traceback.format_exception(error)).rstrip()
                if self._whole
                else self._told(error)
            )
        return "\n".join(lines)

    # ---- within ----------------------------------------------------------------------------------

    def _told(self, error: BaseException) -> str:
        parts: list[str] = []
        seen: set[int] = set()
        following: BaseException | None = error
        while following is not None and id(following) not in seen:
            seen.add(id(following))
            if parts:
                parts.append("  which followed from")
            parts += self._one(following)
            hidden = following.__suppress_context__
            following = following.__cause__ or (None if hidden else following.__context__)
        return "\n".join(parts)

    def _one(self, error: BaseException) -> list[str]:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if not self._is_package(frame.filename)]
        others = [frame for frame in frames if self._is_package(frame.filename)]
        if not own:  # nothing of the user's: a package's whole way is what there is
            own, others = list(frames), []
        lines = [line.rstrip("\n") for line in traceback.format_list(own)]
        lines += [line.rstrip("\n") for line in traceback.format_exception_only(error)]
        others = [frame for frame in others if not frame.filename.startswith(("<", _HERE))]
        if others:
            places = ", ".join(_place(frame) for frame in others[-_PACKAGES_TOLD:])
            more = "… " if len(others) > _PACKAGES_TOLD else ""
            lines.append(paint(f"  through {more}{places}", DIM, colour=self._colour))
        return lines

    def _is_package(self, filename: str) -> bool:
        if filename.startswith(("<", _HERE)):
            return True
        return "site-packages" in filename or any(
            filename.startswith(f"{one}/") for one in self._packages
        )


def _place(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    return f"{path.parent.name}/{path.name}:{frame.lineno}"
