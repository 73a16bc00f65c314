"""What is wrong with a definition, as ValidateStateMachineDefinition says it.

Texts and places are recorded from AWS where a recording is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.language.field_checks import check_fields, check_numbers
from chalice_offline.services.stepfunctions.language.json_text import NotJson, parse
from chalice_offline.services.stepfunctions.language.jsonata_checks import check_expressions

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = "SCHEMA_VALIDATION_FAILED"
NOT_JSON = "INVALID_JSON_DESCRIPTION"
MISSING_TARGET = "MISSING_TRANSITION_TARGET"
MISSING_END = "MISSING_END_STATE"
DUPLICATE = "DUPLICATE_STATE_NAME"
_TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
_LANGUAGES = ("JSONPath", "JSONata")
_ENDS = frozenset({"Succeed", "Fail"})


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong, and where."""

    code: str
    message: str
    location: str | None = None

    def shown(self) -> dict[str, str]:
        """Return it as ValidateStateMachineDefinition does."""
        shown = {"severity": "ERROR", "code": self.code, "message": self.message}
        if self.location is not None:
            shown["location"] = self.location
        return shown

    def __str__(self) -> str:
        # AWS says "at null" of what has no place, but for a text that is no JSON object (recorded).
        place = f" at {self.location or 'null'}" if self.location or self.code != SCHEMA else ""
        return f"{self.code}: {self.message}{place}"


def check_text(text: str, *, is_express: bool) -> tuple[dict[str, Any], list[Diagnostic]]:
    """Return a definition and what is wrong with it."""
    if not text.strip():
        return {}, [Diagnostic(SCHEMA, "Definition must be a valid JSON object")]
    try:
        definition = parse(text)
    except NotJson as error:
        source = f'[Source: (String)"{text}"; line: {error.line}, column: {error.column}]'
        return {}, [Diagnostic(NOT_JSON, f"{error.message}\n at {source}", source)]
    if not isinstance(definition, dict):
        return {}, [Diagnostic(SCHEMA, "Definition must be a valid JSON object")]
    checks = _Checks(definition.get("QueryLanguage", "JSONPath"), is_express=is_express)
    checks.block(definition, "")
    return definition, checks.found


def check_state(state: Any, name: str) -> list[Diagnostic]:
    """Return what is wrong with one state; where it goes to is not looked at."""
    language = state.get("QueryLanguage", "JSONPath") if isinstance(state, dict) else "JSONPath"
    checks = _Checks(language, is_express=False, alone=True)
    checks.state(state, {}, f"/States/{name}")
    return checks.found


class _Checks:
    def __init__(self, language: str, *, is_express: bool, alone: bool = False) -> None:
        self._alone = alone
        self.found: list[Diagnostic] = []
        self._language = language
        self._names: set[str] = set()
        self._is_express = is_express

    def block(self, block: Mapping[str, Any], place: str) -> None:
        """Check a block of states, and those within it."""
        if not isinstance(block, dict):
            self._add("Expected value of type Object", place)
            return
        for message, location in check_numbers(block, place, ""):
            self._add(message, location)
        if "QueryLanguage" in block and block["QueryLanguage"] not in _LANGUAGES:
            values = ", ".join(_LANGUAGES)
            message = f"The field 'QueryLanguage' should have one of these values: [{values}]"
            self._add(message, f"{place}/QueryLanguage")
        missing = [name for name in ("States", "StartAt") if name not in block]
        if missing:
            self._add(f"These fields are required: [{', '.join(missing)}]", place or "/")
            return
        states = block["States"]
        if not isinstance(states, dict) or not states:
            self._add("Value cannot be empty", f"{place}/States")
            return
        if not _names_one_of(block["StartAt"], states):
            self._target(block["StartAt"], f"{place}/StartAt")
        for name, state in states.items():
            if name in self._names:
                message = f"Duplicate State name: {name}"
                self._found(DUPLICATE, message, f"{place}/States/{name}")
            self._names.add(name)
            self.state(state, states, f"{place}/States/{name}")
        for name in unreachable(block):
            message = f'State "{name}" is not reachable.'
            self._found(MISSING_TARGET, message, f"{place}/States/{name}")
        if not place and not self.found and not any(_ends(state) for state in states.values()):
            self._found(MISSING_END, "Workflow has no terminal state", None)

    def state(self, state: Any, states: Mapping[str, Any], place: str) -> None:
        """Check one state."""
        if not isinstance(state, dict) or "Type" not in state:
            self._add("The field 'Type' is required but was missing", place)
            return
        kind = state["Type"]
        if not isinstance(kind, str) or kind not in _TYPES:
            values = ", ".join(_TYPES)
            message = f"The field 'Type' should have one of these values: [{values}]"
            self._add(message, f"{place}/Type")
            return
        language = state.get("QueryLanguage", self._language)
        if self._language == "JSONata" and language == "JSONPath":
            message = (
                "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
            )
            self._add(message, place)
            return
        for message, location in check_fields(state, place, language, is_express=self._is_express):
            self._add(message, location)
        if not self._alone:
            self._transitions(state, states, place)
        if language == "JSONata":
            for code, message, location in check_expressions(state, place):
                self._found(code, message, location)
        self._inner(state, place)

    def _transitions(self, state: Mapping[str, Any], states: Mapping[str, Any], place: str) -> None:
        kind = state["Type"]
        if kind == "Choice":
            for position, rule in enumerate(_list(state, "Choices")):
                if (
                    isinstance(rule, dict)
                    and "Next" in rule
                    and not _names_one_of(rule["Next"], states)
                ):
                    self._target(rule["Next"], f"{place}/Choices[{position}]/Next")
            if "Default" in state and not _names_one_of(state["Default"], states):
                self._target(state["Default"], f"{place}/Default")
        elif kind not in _ENDS:
            if "Next" in state:
                if not _names_one_of(state["Next"], states):
                    self._target(state["Next"], f"{place}/Next")
            elif state.get("End") is not True:
                self._add("One of these fields is required: [Next, End]", place)
        for position, catcher in enumerate(_list(state, "Catch")):
            if isinstance(catcher, dict) and not _names_one_of(catcher.get("Next"), states):
                self._target(catcher.get("Next"), f"{place}/Catch[{position}]/Next")

    def _inner(self, state: Mapping[str, Any], place: str) -> None:
        if state["Type"] == "Parallel":
            branches = _list(state, "Branches")
            if not branches:
                self._add("Value cannot be empty", f"{place}/Branches")
            for position, branch in enumerate(branches):
                self.block(branch, f"{place}/Branches[{position}]")
        elif state["Type"] == "Map":
            for name in ("ItemProcessor", "Iterator"):
                if name in state:
                    if isinstance(state[name], dict) and "QueryLanguage" in state[name]:
                        self._add("Field 'QueryLanguage' is not supported", f"{place}/{name}")
                    self.block(state[name], f"{place}/{name}")

    def _target(self, target: Any, place: str) -> None:
        self._found(MISSING_TARGET, f"Missing 'Next' target: {target}", place)

    def _add(self, message: str, place: str) -> None:
        self._found(SCHEMA, message, place)

    def _found(self, code: str, message: str, place: str | None) -> None:
        self.found.append(Diagnostic(code, message, place))


def unreachable(block: Mapping[str, Any]) -> list[str]:
    """Return the states of a block that no way from its start leads to."""
    states, ahead = block["States"], [block["StartAt"]]
    reached: set[str] = set()
    while ahead:
        name = ahead.pop()
        state = states.get(name) if isinstance(name, str) else None
        if not isinstance(state, dict) or name in reached:
            continue
        reached.add(name)
        rules = [*_list(state, "Choices"), *_list(state, "Catch")]
        ahead += [state.get("Next"), state.get("Default")]
        ahead += [rule.get("Next") for rule in rules if isinstance(rule, dict)]
    return [name for name in states if name not in reached] if reached else []


def _list(state: Mapping[str, Any], name: str) -> list[Any]:
    value = state.get(name)
    return value if isinstance(value, list) else []


def _names_one_of(name: Any, states: Mapping[str, Any]) -> bool:
    return isinstance(name, str) and name in states


def _ends(state: Any) -> bool:
    return isinstance(state, dict) and (state.get("Type") in _ENDS or state.get("End") is True)
