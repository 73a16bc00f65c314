"""Macros: functions that a template is given to before it is one.

Source: user guide, "Perform custom processing on templates with template macros".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.cloudformation.errors import TransformError, not_emulated
from chalice_offline.services.cloudformation.steps import value_of
from chalice_offline.services.cloudformation.template_text import check_depth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from chalice_offline.core.kernel import Reply
    from chalice_offline.services.cloudformation.steps import Steps

    Ask = Callable[[str, str, dict[str, Any]], Reply]


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro, as one stack has defined it for an account and region."""

    account_id: str
    region: str
    name: str
    function: str
    stack_id: str


class Macros:
    """The macros there are: a name is there once in an account and region."""

    def __init__(self, macros: Iterable[Macro] = ()) -> None:
        self._macros = {(one.account_id, one.region, one.name): one for one in macros}

    def of_stacks(self, stack_ids: Iterable[str]) -> list[Macro]:
        """Return what some stacks have defined."""
        return [one for one in self._macros.values() if one.stack_id in stack_ids]

    def find_or_none(self, account_id: str, region: str, name: str) -> Macro | None:
        """Return a macro by its name."""
        return self._macros.get((account_id, region, name))

    def define(self, macro: Macro) -> None:
        """Define a macro, or change it; AlreadyExistsException when another stack has the name."""
        key = (macro.account_id, macro.region, macro.name)
        present = self._macros.get(key)
        if present is not None and present.stack_id != macro.stack_id:
            raise AwsError("AlreadyExistsException", f"Macro {macro.name} already exists")
        self._macros[key] = macro

    def drop(self, macro: Macro) -> None:
        """Forget a macro; one that is not there is fine."""
        self._macros.pop((macro.account_id, macro.region, macro.name), None)


@dataclass(frozen=True, slots=True)
class MacroRunner:
    """Runs macros for one template: `ask` calls Lambda, whose answer comes later.

    `values` are those of the template's parameters.
    """

    macros: Macros
    ask: Ask
    account_id: str
    region: str
    request_id: str
    values: Mapping[str, Any]

    def run(self, name: str, params: dict[str, Any], fragment: Any) -> Steps[Any]:
        """Return what a macro makes of a part of the template; raises TransformError."""
        name = name.removeprefix(f"{self.account_id}::")
        transform_id = f"{self.account_id}::{name}"
        macro = self.macros.find_or_none(self.account_id, self.region, name)
        if macro is None:
            raise TransformError(f"No transform named {transform_id} found.")
        event = {
            "accountId": self.account_id,
            "fragment": fragment,
            "transformId": transform_id,
            "requestId": self.request_id,
            "region": self.region,
            "params": params,
            "templateParameterValues": dict(self.values),
        }
        request = {"FunctionName": macro.function, "Payload": json.dumps(event).encode()}
        try:
            reply = yield from value_of(self.ask("lambda", "Invoke", request))
        except AwsError as error:
            raise TransformError(
                f"Transform {transform_id} failed with: {error.message}"
            ) from error
        assert isinstance(reply, dict)
        return _fragment(reply, transform_id, self.request_id)


def left_alone(_name: str, _params: dict[str, Any], fragment: Any) -> Steps[Any]:
    """Return the fragment as it is: for those who only want to know what a template declares."""
    yield from ()
    return fragment


def refused(name: str, _params: dict[str, Any], _fragment: Any) -> Steps[Any]:
    """Run no macro: a project's own resources are there before any function is."""
    yield from ()
    raise not_emulated(
        f"chalice-offline runs no macros for the resources that a session starts with: the "
        f"template's transform {name} was not applied, and nothing was changed."
    )


def _fragment(reply: dict[str, Any], transform_id: str, request_id: str) -> Any:
    payload = reply.get("Payload", b"")
    text = payload if isinstance(payload, bytes | str) else payload.read()
    try:
        answer = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        answer = None
    fits = isinstance(answer, dict) and answer.get("requestId") == request_id
    if reply.get("FunctionError") or not fits or not isinstance(answer.get("status"), str):
        raise TransformError(f"Received malformed response from transform {transform_id}")
    if answer["status"].lower() != "success":
        said = answer.get("errorMessage")
        why = f"failed with: {said}" if said else "failed without an error message."
        raise TransformError(f"Transform {transform_id} {why}")
    if "fragment" not in answer:
        raise TransformError(f"Received malformed response from transform {transform_id}")
    check_depth(answer["fragment"])  # the next macro gets it as text
    return answer["fragment"]


def _no_number(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are not JSON
