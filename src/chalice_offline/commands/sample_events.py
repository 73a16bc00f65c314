"""Sample events on the command line: of a kind, and changed by --set."""

from __future__ import annotations

import json
from typing import Any

from chalice_offline import samples
from chalice_offline.commands.running import Refused
from chalice_offline.core.names import nearest
from chalice_offline.core.numerals import whole_number
from chalice_offline.samples import KINDS


def sample(kind: str) -> Any:
    """Return the sample of a kind; Refused when there is none."""
    if kind not in KINDS:
        raise Refused(f"there is no sample {kind}.{nearest(kind, KINDS)}")
    return samples.sample(kind)


def changed(event: Any, settings: tuple[str, ...]) -> Any:
    """Return an event with PATH=VALUE set in it, as in "Records.0.body=hello"."""
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals or not all(path.split(".")):
            raise Refused(f"--set {setting!r} is not PATH=VALUE, as in Records.0.body=hello")
        event = _with(event, path.split("."), text, path)
    return event


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _with(event: Any, parts: list[str], text: str, path: str) -> Any:
    """Return a copy of `event` in which the member named by `parts` is what `text` says."""
    if not parts:
        return _as_it_was_carried(event, text)
    name, rest = parts[0], parts[1:]
    if isinstance(event, list):
        at = whole_number(name)
        if at is None or at >= len(event):
            raise Refused(f"--set {path}: {name} is no place in a list of {len(event)}")
        return [_with(one, rest, text, path) if n == at else one
                for n, one in enumerate(event)]  # fmt: skip
    if isinstance(event, dict):
        if rest and name not in event:
            raise Refused(f"--set {path}: there is no {name}.{nearest(name, event)}")
        return {**event, name: _with(event.get(name), rest, text, path)}
    if isinstance(event, str) and isinstance(inside := _value(event), dict | list):
        return json.dumps(_with(inside, parts, text, path), ensure_ascii=False)
    what = "text that is no JSON" if isinstance(event, str) else type(event).__name__
    raise Refused(f"--set {path}: {name} is inside a {what}, which has no members")


def _as_it_was_carried(before: Any, text: str) -> Any:
    """Return a value, as the text it was given as where a text was: bodies carry JSON as one."""
    value = _value(text)
    return text if isinstance(before, str) and not isinstance(value, str) else value
