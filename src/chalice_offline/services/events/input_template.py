"""InputTransformer: an event's values put into a template.

How values are written was recorded in June and December 2024. A template that starts with a
double quote is a string template, any other a JSON template:

    where                       string            number, true      object or list    no value
    JSON template, bare <v>     "text"            as JSON           as JSON           ""
    JSON template, "… <v> …"    text, unescaped   as JSON           as JSON           nothing
    string template             text, unescaped   as JSON           without quotes    nothing

What comes out must be JSON, or for a string template lines in double quotes; else the event is
not delivered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from chalice_offline.services.common.timestamps import iso_seconds
from chalice_offline.services.events import json_text
from chalice_offline.services.events.json_path import MISSING, JsonPath

if TYPE_CHECKING:
    from chalice_offline.services.events.event import Event

_PLACEHOLDER = re.compile(r"<([\w.\-]+)>")
# A JSON string, a placeholder outside of one, or what lies between.
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|<[\w.\-]+>|[^"<]+|.', re.DOTALL)
_QUOTED_LINE = re.compile(r'\s*".*"\s*', re.DOTALL)


class Named(Protocol):
    """What a template may say of its rule."""

    name: str

    @property
    def arn(self) -> str:
        """The rule's ARN."""
        ...


Predefined = Callable[[Named, "Event"], Any]


def _without_detail(_rule: Named, event: Event) -> Any:
    # Recorded: detail-type is spelled detailType here, and the order is this one.
    document = event.document
    return {
        "id": document["id"],
        "account": document["account"],
        "detailType": document["detail-type"],
        "time": document["time"],
        "source": document["source"],
        "region": document["region"],
        "resources": document["resources"],
        "version": document["version"],
    }


PREDEFINED: Mapping[str, Predefined] = {
    "aws.events.rule-arn": lambda rule, _event: rule.arn,
    "aws.events.rule-name": lambda rule, _event: rule.name,
    "aws.events.event.ingestion-time": lambda _rule, event: iso_seconds(event.ingested_ms // 1000),
    "aws.events.event": _without_detail,
    "aws.events.event.json": lambda _rule, event: event.document,
}


class UnknownPlaceholderError(ValueError):
    """A template that names a value nobody defines; `name` is that name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class TransformedInputError(ValueError):
    """A template that, with this event's values, gives nothing that can be delivered."""


class InputTemplate:
    """A compiled template."""

    def __init__(self, template: str, paths: Mapping[str, JsonPath]) -> None:
        """Compile; raises UnknownPlaceholderError."""
        self._template = template
        self._paths = paths
        self._is_string = template.lstrip().startswith('"')
        for name in _PLACEHOLDER.findall(template):
            if name not in paths and name not in PREDEFINED:
                raise UnknownPlaceholderError(name)

    def fill(self, rule: Named, event: Event) -> str:
        """Return the template with the event's values; raises TransformedInputError."""

        def value_of(match: re.Match[str]) -> Any:
            path = self._paths.get(match[1])
            if path is not None:
                return path.find(event.document)
            return PREDEFINED[match[1]](rule, event)

        if self._is_string:
            return self._checked_lines(
                _PLACEHOLDER.sub(lambda match: _in_text(value_of(match)), self._template)
            )
        filled = "".join(
            _PLACEHOLDER.sub(lambda match: _in_json_string(value_of(match)), piece)
            if piece.startswith('"')
            else _PLACEHOLDER.sub(lambda match: _bare(value_of(match)), piece)
            for piece in _PIECE.findall(self._template)
        )
        try:
            json_text.parse(filled)
        except json_text.InvalidJsonError as error:
            message = f"the transformed input is no JSON: {filled}"
            raise TransformedInputError(message) from error
        return filled

    def _checked_lines(self, filled: str) -> str:
        # The lines are the template's: a value may have line breaks of its own.
        if not all(_QUOTED_LINE.fullmatch(line) for line in self._template.split("\n")):
            message = f"the transformed input is neither JSON nor a quoted string: {filled}"
            raise TransformedInputError(message)
        return filled


def _bare(value: Any) -> str:
    return '""' if value is MISSING else json_text.compact(value)


def _in_json_string(value: Any) -> str:
    if value is MISSING:
        return ""
    return value if isinstance(value, str) else json_text.compact(value)


def _in_text(value: Any) -> str:
    text = _in_json_string(value)
    return text if isinstance(value, str) else text.replace('"', "")
