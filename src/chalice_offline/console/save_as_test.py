"""A story as a pytest file: what came from outside is done again, what followed is asserted."""

from __future__ import annotations

import json
import keyword
import re
from datetime import datetime
from pprint import pformat
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal
from chalice_offline.console.next_tries import NextTries
from chalice_offline.console.replay import request_of
from chalice_offline.console.saved_faults import faults_of
from chalice_offline.core.numerals import whole_number
from chalice_offline.core.run import RunState
from chalice_offline.protocols.app_addresses import OPERATIONS
from chalice_offline.trace import Trace, mask
from chalice_offline.trace.story import duration

if TYPE_CHECKING:
    from chalice_offline.console.runs import Runs
    from chalice_offline.console.session import Session
    from chalice_offline.core.journal import Entry
    from chalice_offline.core.run_entry import RunEntry

_INPUTS_MAX = 50
# Header fields that say how a request came here, not what it asked.
_OF_THE_WAY = frozenset(
    {
        "accept", "accept-encoding", "connection", "content-length", "dnt", "host", "origin",
        "priority", "referer", "upgrade-insecure-requests", "user-agent", "cache-control", "pragma",
    }
)  # fmt: skip
_NO_NAME = re.compile(r"\W+")


class SaveAsTest:
    """Writes tests out of stories."""

    def __init__(self, session: Session, runs: Runs) -> None:
        self._session = session
        self._runs = runs

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [Door("POST", "stories/{number}/test", self.save)]

    def save(self, asked: Asked) -> dict[str, Any]:
        """Answer a test file of a story, masked unless it is asked for `whole`."""
        number = asked.name("number")
        name = _test_name(asked.text("name", f"story_{number}"))
        emulator = self._session.emulator
        with emulator.lock:
            wanted = whole_number(number)
            entry = None if wanted is None else emulator.journal.find(wanted)
            if entry is None:
                raise Refusal(f"The journal has no entry {number[:40]} (any more).", 404)
            story = emulator.stories.of(entry.number)
            trace = Trace.of(emulator.journal, [story])
            # What other stories brought along (a batch, a redrive) belongs to their tests.
            own = [one for one in trace.entries if emulator.stories.of(one.number) == story]
            inputs = [one for one in own if _is_input(one)] or _brought_by_time(own)
            if not inputs:
                request_of(entry)  # says why it cannot be done again, if that is it
                raise Refusal("Nothing in this story came from outside: nothing can be done again.")
            runs = [run for one in own if (run := emulator.runs.find(one.number))]
            self._refuse_unended(runs)
            whole = asked.flag("whole")
            faults = faults_of(self._session, own)
            text = _Test(self._session, name, whole=whole).text(trace, inputs, runs, faults)
        hides = not whole and "***" in text
        return {"file": f"test_{name}.py", "text": text, "masked": hides, "runs": len(runs)}

    def _refuse_unended(self, runs: list[RunEntry]) -> None:
        """Refuse a story that goes on: its test would assert half of what comes of it."""
        tries = NextTries(self._session)
        for run in runs:
            name = self._session.shown_name(run.subject)
            following = tries.of(run)
            if run.ended_ms is None:
                raise Refusal(f"The story goes on: {name} still runs.", 409)
            if following is not None and not following["dead_letters"]:
                wait = duration(max(0, following["at_ms"] - self._session.emulator.now_ms))
                again = f"{name} is tried again in {wait} (try {following['try']})"
                raise Refusal(f"The story goes on: {again}. Save it when it has ended.", 409)


class _Test:
    def __init__(self, session: Session, name: str, *, whole: bool) -> None:
        self._session = session
        self._name = name
        self._whole = whole

    def text(
        self, trace: Trace, inputs: list[Entry], runs: list[RunEntry], faults: list[str]
    ) -> str:
        """Return the file."""
        steps = [line for entry in inputs[:_INPUTS_MAX] for line in self._step(entry)]
        body = [*faults, *steps, "offline.settle(raise_errors=False)", *self._asserted(runs)]
        began = str(trace.words(trace.roots[0]))
        lines = [
            f'"""{_in_docstring(began)}, as it happened once."""',
            "",
            "from typing import Any",
            "",
            "",
            f"def test_{self._name}(offline: Any) -> None:",
            f'    """{_in_docstring(began)}: the same handlers run, and end the same way."""',
        ]
        for one in body:
            lines += [f"    {line}" if line else "" for line in one.splitlines()]
        return "\n".join(lines) + "\n"

    def _step(self, entry: Entry) -> list[str]:
        if entry.subject == "execute-api.Request":
            return [self._request(entry)]
        service, operation, request = request_of(entry)
        if (service, operation) in OPERATIONS:
            raise Refusal(
                "The story began with a request to a function URL, which no test can send: "
                "save that of an invocation of the function instead.",
                409,
            )
        shown = self._shown(request)
        if service == "sqs" and isinstance(shown.get("QueueUrl"), str):
            shown = {**shown, "QueueUrl": shown["QueueUrl"].rstrip("/").rpartition("/")[2]}
        arguments = ",\n".join(f"    {name}={_literal(value)}" for name, value in shown.items())
        call = f'offline.client("{service}").{_snake(operation)}('
        return [f"{call}\n{arguments},\n)" if arguments else f"{call})"]

    def _request(self, entry: Entry) -> str:
        detail = entry.detail
        headers: dict[str, str] = {}
        for name, value in detail.get("headers", []):
            if name.lower() in _OF_THE_WAY or name.lower().startswith("sec-"):
                continue
            known = next((one for one in headers if one.lower() == name.lower()), None)
            if known is None:
                headers[name] = value
            else:  # a field that comes again is one list (RFC 9110, 5.3; RFC 6265, 5.4)
                headers[known] += ("; " if name.lower() == "cookie" else ", ") + value
        query = f"?{detail['rawQuery']}" if detail.get("rawQuery") else ""
        path = f"{detail['path']}{query}"
        body = detail.get("body") or b""
        headers, path, body = self._shown(headers), self._shown(path), self._shown(body)
        arguments = [f"    {str(detail['method'])!r}", f"    {path!r}"]
        if headers:
            arguments.append(f"    headers={_literal(headers)}")
        if body:
            arguments.append(f"    body={_readable(body)!r}")
        return "offline.http.request(\n" + ",\n".join(arguments) + ",\n)"

    def _shown(self, value: Any) -> Any:
        """Return a value masked; itself, with its bytes, when there is nothing in it to mask."""
        masked = value if self._whole else mask(value)
        return value if masked == _plain(value) else masked

    def _asserted(self, runs: list[RunEntry]) -> list[str]:
        told = sorted(self._told(run) for run in runs if run.ended_ms is not None)
        if not told:
            return ["assert offline.runs() == []"]
        lines = [f"    {one!r}," for one in told]
        return [
            "ended = sorted((run.function, run.outcome) for run in offline.runs())",
            "assert ended == [\n" + "\n".join(lines) + "\n]",
        ]

    def _told(self, run: RunEntry) -> tuple[str, str]:
        outcome = "ok" if run.state is RunState.RETURNED else run.error_type
        return self._session.shown_name(run.subject), outcome


def _is_input(entry: Entry) -> bool:
    """Whether an entry came from outside and can be done again."""
    if not entry.is_input or entry.causes or entry.kind != "call":
        return False
    try:
        request_of(entry)
    except Refusal:
        return False
    return not entry.subject.startswith(("schedules.", "faults."))


def _brought_by_time(entries: list[Entry]) -> list[Entry]:
    """Return what schedules sent when they were due: to a function, a queue, a topic."""
    due = {one.number for one in entries if one.kind == "note" and one.outcome == "due"}
    return [one for one in entries if one.kind == "delivery" and due.intersection(one.causes)]


def _test_name(text: str) -> str:
    name = _NO_NAME.sub("_", text.strip().lower()).strip("_").removeprefix("test_")
    if not name or len(name) > 100 or keyword.iskeyword(name) or not name.isascii():
        raise Refusal('"name" must be a short name in letters and digits.')
    return name


def _literal(value: Any) -> str:
    return pformat(_writable(value), width=88, sort_dicts=False).replace("\n", "\n    ")


def _writable(value: Any) -> Any:
    """Return a value that can be written without any import: instants as boto3 takes texts."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _writable(one) for name, one in value.items()}
    return [_writable(one) for one in value] if isinstance(value, list | tuple) else value


def _readable(body: Any) -> Any:
    try:
        return body.decode() if isinstance(body, bytes) else body
    except UnicodeDecodeError:
        return body


def _snake(operation: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", operation).lower()


def _in_docstring(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', "'").replace("\\", "/")[:70]


def _plain(value: Any) -> Any:
    """Return a value with bytes as texts, as masking does."""
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "backslashreplace")
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
