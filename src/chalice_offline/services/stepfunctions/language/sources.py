"""Where expressions take values from: a state's data, the context object, variables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.language.paths import compile_path, look_up

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.ids import Ids

_VARIABLE = re.compile(r"\$([A-Za-z_][\w]*)(.*)", re.DOTALL)


class Variables:
    """Variables of one scope: those of the scopes around are seen, but not changed."""

    def __init__(self, outer: Variables | None = None) -> None:
        self._outer = outer
        self._own: dict[str, Any] = {}

    def find(self, name: str) -> Any:
        """Return a variable's value; KeyError when nobody has assigned it."""
        scope: Variables | None = self
        while scope is not None:
            if name in scope._own:  # noqa: SLF001 - one class
                return scope._own[name]  # noqa: SLF001
            scope = scope._outer  # noqa: SLF001
        raise KeyError(name)

    def assign(self, values: Mapping[str, Any]) -> None:
        """Give variables of this scope their values."""
        self._own.update(values)

    def all(self) -> dict[str, Any]:
        """Return everything that is seen from here."""
        return {**(self._outer.all() if self._outer else {}), **self._own}


@dataclass(frozen=True, slots=True)
class Sources:
    """What an expression may ask for.

    `data` is what "$" stands for in JSONPath. `states` is what $states has in JSONata besides
    `context`. `ids` and `now_ms` are for functions that give random values and the time.
    """

    data: Any
    context: Mapping[str, Any]
    variables: Variables
    ids: Ids
    now_ms: Callable[[], int]
    states: Mapping[str, Any] = field(default_factory=dict)

    def with_data(self, data: Any) -> Sources:
        """Return the same with other data."""
        return replace(self, data=data)

    def with_states(self, **states: Any) -> Sources:
        """Return the same with more in $states."""
        return replace(self, states={**self.states, **states})

    def with_context(self, context: Mapping[str, Any]) -> Sources:
        """Return the same with another context object."""
        return replace(self, context=context)

    def look_up(self, expression: str) -> Any:
        """Return what "$.a", "$$.Execution.Id" or "$variable.a" stands for.

        NoSuchValue when there is nothing, PathSyntaxError when it is no path.
        """
        if expression.startswith("$$"):
            return look_up(compile_path(expression[1:]), self.context)
        named = _VARIABLE.fullmatch(expression)
        if named is None:
            return look_up(compile_path(expression), self.data)
        try:
            value = self.variables.find(named[1])
        except KeyError:
            from chalice_offline.services.stepfunctions.language.paths import NoSuchValue

            raise NoSuchValue(f"No variable ${named[1]}") from None
        return look_up(compile_path("$" + named[2]), value)
