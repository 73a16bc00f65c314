"""One JSON object per line on standard output: CloudWatch Logs Insights reads the fields.

Logged are keys, states, reasons and ids. Never payloads, secrets, names, phones or addresses.
Each line says which order it is about, which invocation wrote it, and which trace it belongs to.
"""

from __future__ import annotations

import json
import logging
import os
import sys

from chalicelib.telemetry import work

# Not the app's name: that logger is Chalice's own, which Chalice sets to errors only.
_LOGGER = logging.getLogger("chalicelib")


class _JsonLines(logging.Handler):
    """Write to whatever standard output is at that moment (test runners replace it)."""

    def emit(self, record: logging.LogRecord) -> None:
        line = {"level": record.levelname, "event": record.getMessage()}
        line |= work.fields()
        line |= getattr(record, "fields", {})
        sys.stdout.write(json.dumps(line, default=str) + "\n")


def _configure() -> None:
    # One, however often this module is loaded: several functions may share a process offline.
    _LOGGER.handlers = [_JsonLines()]
    _LOGGER.setLevel(os.environ.get("LOG_LEVEL", "INFO"))
    # The Lambda runtime's own handler would print every line a second time.
    _LOGGER.propagate = False


def info(event: str, **fields: object) -> None:
    """Note that something happened as it should."""
    _LOGGER.info(event, extra={"fields": fields})


def warning(event: str, **fields: object) -> None:
    """Note something that somebody did wrong, or that will be tried again."""
    _LOGGER.warning(event, extra={"fields": fields})


def error(event: str, **fields: object) -> None:
    """Note something that a person has to look at."""
    _LOGGER.error(event, extra={"fields": fields})


_configure()
