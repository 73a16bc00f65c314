"""One journal entry in words: what happened, to what, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from chalice_offline.core.numerals import whole_number
from chalice_offline.trace.masking import mask, mask_text
from chalice_offline.trace.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chalice_offline.core.journal import Entry

Detail = dict[str, Any]
Names = Mapping[str, str]

NO_NAMES: Names = {}
_LONGEST = 110
_API_REQUEST = "execute-api.Request"
# What a note holds for programs, or tells in sentences of its own.
_TEDIOUS = frozenset(
    {"request", "filters", "event", "near_misses", "FilteredOut", "Reasons", "Endpoints"}
)
_UNREMARKABLE = frozenset({"", "ok", "pending", "200"})

# Where an operation's request names what it is about. The first that is there is told.
_OBJECTS = (
    ("QueueUrl", "queue"),
    ("TopicArn", "topic"),
    ("FunctionName", "function"),
    ("TableName", "table"),
    ("StreamName", "stream"),
    ("SecretId", "secret"),
    ("Bucket", "bucket"),
    ("TargetArn", "endpoint"),
    ("PhoneNumber", "phone"),
    ("Rule", "rule"),
    ("Name", ""),
)


def describe(
    entry: Entry,
    followers: Sequence[Entry] = (),
    attempt: int = 1,
    names: Names = NO_NAMES,
) -> str:
    """Return one line about an entry.

    `followers` are the entries it caused: that a run was stopped is told with it.
    `attempt` is which try of the same event this run is.
    `names` are functions' own names by those that they are deployed under.
    """
    words = _WORDS.get(entry.kind, _call)(entry, names)
    if attempt > 1:
        words += f", try {attempt}"
    ending = _ending(entry, followers)
    return _shortened(mask_text(f"{words} → {ending}" if ending else words))


def attempt_of(entry: Entry, earlier_runs: int) -> int:
    """Return which try a run is: what SQS counts, or how often its request was run before."""
    attributes = [record.get("attributes") for record in _records(entry)]
    counts = [
        whole_number(one.get("ApproximateReceiveCount")) or 0
        for one in attributes
        if isinstance(one, dict)
    ]
    return max([earlier_runs + 1, *counts])


def why_not(entry: Entry, names: Names = NO_NAMES) -> list[str]:
    """Return why something did not match: a sentence per rule, filter or subscription and field.

    Nothing where a note tells of something else.
    """
    misses = entry.detail.get("near_misses")
    if misses is not None:
        return str(misses).split("\n")
    endpoints = entry.detail.get("Endpoints", {})
    return [
        f"{_own(_short_name(str(endpoints.get(arn, arn))), names)}: {sentence}"
        for arn, sentences in entry.detail.get("Reasons", {}).items()
        for sentence in sentences
    ]


# ---- one function per kind -------------------------------------------------------------------


def _call(entry: Entry, names: Names) -> str:
    detail = entry.detail
    if entry.subject == _API_REQUEST:
        query = detail.get("rawQuery")
        return f"{detail['method']} {detail['path']}{f'?{query}' if query else ''}"
    if entry.subject == "execute-api.Connect":
        return f"a client connects to {detail['path']}"
    if entry.subject == "execute-api.Receive":
        return f"connection {detail['connectionId']} sends {len(detail['data'])} bytes"
    if entry.subject == "execute-api.Disconnect":
        return f"connection {detail['connectionId']} ends ({detail['code']})"
    return _operation(entry, names)


def _delivery(entry: Entry, names: Names) -> str:
    service, _, operation = entry.subject.partition(".")
    if service in ("GET", "POST", "PUT", "PATCH", "DELETE") or " " in entry.subject:
        return f"delivers {entry.subject}"
    return f"delivers {_operation(entry, names)}" if operation else f"delivers {entry.subject}"


def _run(entry: Entry, names: Names) -> str:
    count = len(_records(entry))
    what = "" if not count else " with 1 record" if count == 1 else f" with {count} records"
    return f"{_own(entry.subject, names)} runs{what}"


def _note(entry: Entry, names: Names) -> str:
    if entry.subject == "stepfunctions" and "execution" in entry.detail:
        return _workflow(entry.detail, entry.outcome)
    shown = {key: value for key, value in entry.detail.items() if not _is_tedious(key)}
    detail: Detail = mask(shown)
    facts = [f"{key} {_plain(value, names)}" for key, value in detail.items()]
    facts += [str(mask(sentence)) for sentence in why_not(entry, names)]
    words = _own(_short_name(entry.subject), names)
    if entry.outcome:
        words += f": {_short_name(entry.outcome)}"
    return f"{words} ({', '.join(facts)})" if facts else words


def _workflow(detail: Mapping[str, Any], outcome: str) -> str:
    """A step of an execution: "Approve (Task): waits for its task token"."""
    execution = detail["execution"].split(":")
    machine = execution[6] if len(execution) > 6 else ""
    state, kind, error = (detail.get(key) for key in ("state", "type", "error"))
    where = f"{state} ({kind})" if kind else state or f"execution of {machine}"
    after = f", after {error}" if error else ""
    return f"{where}: {outcome}{after}"


_WORDS: dict[str, Callable[[Entry, Names], str]] = {
    "call": _call,
    "delivery": _delivery,
    "run": _run,
    "note": _note,
}


# ---- calls -----------------------------------------------------------------------------------


def _operation(entry: Entry, names: Names) -> str:
    service, _, operation = entry.subject.partition(".")
    request = _request(entry)
    if operation == "PutEvents":
        return f"{operation} {_events(request)}"
    about = _object(service, request, names)
    many = request.get("Entries") or request.get("PublishBatchRequestEntries")
    count = f" ({len(many)} messages)" if isinstance(many, list) and len(many) > 1 else ""
    return f"{operation} {about}{count}".rstrip() if operation else entry.subject


def _request(entry: Entry) -> Detail:
    """Return the request of a call; of a delegated one, what its JSON body and URL say."""
    detail = dict(entry.detail)
    if not {"method", "url", "body"} <= detail.keys():
        return detail
    if entry.subject.startswith("s3."):
        url = urlsplit(str(detail["url"]))
        host_bucket = url.netloc.split(".s3.")[0] if ".s3." in url.netloc else ""
        return {"Bucket": "/".join(filter(None, (host_bucket, unquote(url.path).strip("/"))))}
    try:
        parsed = json.loads(detail["body"] or b"{}")
    except (TypeError, ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _object(service: str, request: Mapping[str, Any], names: Names) -> str:
    for key, noun in _OBJECTS:
        value = request.get(key)
        if not value or not isinstance(value, str):
            continue
        name = value if service == "s3" else _own(_short_name(value), names)
        keys = request.get("Key")
        if service == "s3" and isinstance(keys, str):
            name = f"{name}/{keys}"
        return f"{noun} {name}".strip()
    items = request.get("RequestItems") or request.get("TransactItems")
    return f"{len(items)} items" if items else ""


def _events(request: Mapping[str, Any]) -> str:
    entries = [entry for entry in request.get("Entries", []) if isinstance(entry, dict)]
    names = [f"{entry.get('Source', '?')}: {entry.get('DetailType', '?')}" for entry in entries]
    buses = dict.fromkeys(_short_name(entry.get("EventBusName", "default")) for entry in entries)
    return f"{', '.join(dict.fromkeys(names))} (bus {', '.join(buses)})"


# ---- endings ---------------------------------------------------------------------------------


def _ending(entry: Entry, followers: Sequence[Entry]) -> str:
    if entry.kind == "run":
        return _run_ending(entry, followers)
    if entry.kind == "note":
        return ""  # told already
    if entry.ended_ms is not None:  # it took its time: also that it went well is told
        return entry.outcome
    return "" if entry.outcome in _UNREMARKABLE else entry.outcome


def is_timeout_of(follower: Entry, entry: Entry) -> bool:
    """Whether `follower` says that the run `entry` was stopped."""
    return (
        entry.kind == "run"
        and follower.kind == "note"
        and follower.outcome.startswith("timed out")
        and entry.number in follower.causes
    )


def _run_ending(entry: Entry, followers: Sequence[Entry]) -> str:
    stopped = next((f for f in followers if is_timeout_of(f, entry)), None)
    if stopped is not None:
        return stopped.outcome
    if entry.ended_ms is None:
        return "still running"
    time = f" in {duration(took)}" if (took := took_ms(entry)) else ""
    if entry.outcome != "error":
        return f"ok{time}"
    try:
        error = json.loads(entry.detail.get("result", b"{}"))
    except (ValueError, RecursionError):
        error = None
    if not isinstance(error, dict):
        error = {}
    return f"{error.get('errorType', 'error')}: {error.get('errorMessage', '')}{time}"


def took_ms(entry: Entry) -> int:
    """Return how long the code of a run that has ended ran: what it waited before is not it."""
    took = getattr(entry, "duration_ms", None)
    return (entry.ended_ms or entry.at_ms) - entry.at_ms if took is None else took


# ---- pieces ----------------------------------------------------------------------------------


def duration(milliseconds: int) -> str:
    """Spell a duration as a person would say it."""
    if milliseconds < 1_000:
        return f"{milliseconds} ms"
    if milliseconds < 120_000:
        return f"{milliseconds / 1000:.3f}".rstrip("0").rstrip(".") + " s"
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    if minutes < 120:
        return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def _records(entry: Entry) -> list[Detail]:
    if entry.kind != "run":
        return []
    try:
        payload = json.loads(entry.detail.get("payload", b"{}"))
    except (ValueError, RecursionError):
        return []
    records = payload.get("Records") if isinstance(payload, dict) else None
    return [r for r in records if isinstance(r, dict)] if isinstance(records, list) else []


def _short_name(text: str) -> str:
    """Return the last part of an ARN or URL; anything else as it is."""
    if text.startswith(("arn:", "http://", "https://")):
        return text.replace(":", "/").rsplit("/", 1)[-1]
    head, _, tail = text.rpartition(" ")
    return f"{head} {_short_name(tail)}" if tail.startswith("arn:") else text


def _plain(value: Any, names: Names) -> str:
    if isinstance(value, str):
        return _own(_short_name(value), names)
    if isinstance(value, list | tuple):
        return ", ".join(_plain(item, names) for item in value)
    return str(value)


def _own(name: str, names: Names) -> str:
    """Return the name that a function's author gave it; any other name as it is."""
    return names.get(name, name)


def _is_tedious(key: str) -> bool:
    return key in _TEDIOUS or key.endswith(("Id", "request_id", "handle"))


def _shortened(text: str) -> str:
    line = visible(" ".join(text.split()))
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
