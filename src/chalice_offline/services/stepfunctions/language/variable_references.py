"""Which variables each state of a definition names: variableReferences of DescribeStateMachine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.language import jsonata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAME = re.compile(r"(?<![\w$.])\$([A-Za-z_]\w*)")
_BOUND = re.compile(r"\$([A-Za-z_]\w*)\s*:=")
_CALLED = re.compile(r"\$([A-Za-z_]\w*)\s*\(")
_PARAMETERS = re.compile(r"function\s*\(([^)]*)\)")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_TEMPLATES = frozenset(
    {"Assign", "BatchInput", "ItemSelector", "Parameters", "Result", "ResultSelector"}
)
_INNER = frozenset({"Branches", "ItemProcessor", "Iterator", "States"})


def references(block: Mapping[str, Any], language: str = "") -> dict[str, list[str]]:
    """Return the names of variables by the states that use them."""
    found: dict[str, list[str]] = {}
    language = language or block.get("QueryLanguage", "JSONPath")
    for name, state in block.get("States", {}).items():
        own = state.get("QueryLanguage", language)
        names = sorted(set(_names(state, is_jsonata=own == "JSONata")))
        if names:
            found[name] = names
        for inner in _blocks(state):
            found.update(references(inner, language))
    return found


def _blocks(state: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from state.get("Branches", ())
    for name in ("ItemProcessor", "Iterator"):
        if name in state:
            yield state[name]


def _names(value: Any, *, is_jsonata: bool, in_template: bool = False) -> Iterator[str]:
    """In a template of JSONPath only a field whose name ends in ".$" refers to anything."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name in _INNER or (
                in_template and isinstance(member, str) and not name.endswith(".$")
            ):
                continue
            inner = not is_jsonata and (in_template or name in _TEMPLATES)
            yield from _names(member, is_jsonata=is_jsonata, in_template=inner)
    elif isinstance(value, list):
        for item in value:
            if not (in_template and isinstance(item, str)):
                yield from _names(item, is_jsonata=is_jsonata, in_template=in_template)
    elif isinstance(value, str):
        yield from _in_text(value, is_jsonata=is_jsonata)


def _in_text(text: str, *, is_jsonata: bool) -> Iterator[str]:
    if is_jsonata:
        if jsonata.is_expression(text):
            bare = _QUOTED.sub("''", text)
            bound = set(_BOUND.findall(bare)) | set(_CALLED.findall(bare)) | {"states"}
            for parameters in _PARAMETERS.findall(bare):
                bound |= set(_NAME.findall(parameters))
            yield from (name for name in _NAME.findall(bare) if name not in bound)
        return
    if text.startswith(("$", "States.")):
        yield from _NAME.findall(_QUOTED.sub("''", text))
