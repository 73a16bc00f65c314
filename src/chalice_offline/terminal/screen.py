"""The terminal of one session: banner, log and lines, for people or in JSON for machines."""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import TYPE_CHECKING, Any

from chalice_offline.terminal.banner import app_banner, endpoint_lines
from chalice_offline.terminal.report import Level, Reporter
from chalice_offline.terminal.tracebacks import OwnFramesFirst

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TextIO


def wants_colour(stream: TextIO) -> bool:
    """Whether to colour what goes to a stream: a terminal, and NO_COLOR (no-color.org) not set."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


class Screen:
    """Writes to standard output what happens, and to standard error what is wrong."""

    def __init__(self, level: Level, *, as_json: bool) -> None:
        """Take over the log; with `as_json`, standard output holds nothing but JSON lines.

        What handlers print goes to standard error then.
        """
        self._output = sys.stdout
        self._as_json = as_json
        self._level = level
        if as_json:
            sys.stdout = sys.stderr
        self._colour = wants_colour(self._output) and not as_json
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(
            OwnFramesFirst(colour=wants_colour(sys.stderr), whole=level is Level.VERBOSE)
        )
        logging.basicConfig(level=logging.WARNING, handlers=[handler])
        self.reporter = Reporter(self.write, level=level, colour=self._colour, as_json=as_json)

    def write(self, lines: Iterable[str]) -> None:
        """Write lines, in one piece."""
        text = "".join([f"{line}\n" for line in lines])
        try:
            try:
                self._output.write(text)
            except UnicodeEncodeError:  # a terminal of before
                self._output.write(text.encode("ascii", "backslashreplace").decode())
            self._output.flush()
        except (BrokenPipeError, ValueError):  # whoever read it is gone: the session goes on
            return

    def show_app(self, facts: Mapping[str, Any], run_hooks: Callable[[], None]) -> None:
        """Say that an app is ready, and run what runs when it is.

        People see the addresses first, as a hook may print, wait or fail. To a machine, "ready"
        says that hooks have run and what they fill is filled.
        """
        if self._as_json:
            run_hooks()
            self._show(facts, ())
        else:
            self._show(facts, app_banner(facts, colour=self._colour))
            run_hooks()

    def show_endpoint(self, facts: Mapping[str, Any]) -> None:
        """Say that the AWS endpoint alone is ready."""
        url, usual = facts["aws_url"], facts.get("aws_port_taken")
        taken = f" ({usual} is taken)" if usual else ""
        lines = [f"AWS endpoint on {url}{taken}  (Ctrl-C ends it)"]
        self._show(facts, [*lines, f"console on {url}/_chalice_offline/"])

    def tell(self, text: str) -> None:
        """Say something that is not about a run: a reload, for example."""
        if self._as_json:
            self.write([json.dumps({"type": "told", "text": text})])
        else:
            print(text, file=sys.stderr, flush=True)  # noqa: T201 - the terminal

    def _show(self, facts: Mapping[str, Any], lines: Iterable[str]) -> None:
        if self._as_json:
            self.write([json.dumps({"type": "ready", **facts})])
            return
        self.write(endpoint_lines(facts) if self._level is Level.QUIET else lines)
