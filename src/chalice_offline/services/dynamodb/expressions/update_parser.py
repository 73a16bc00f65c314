"""Update expressions: SET, REMOVE, ADD and DELETE sections in any order, each at most once.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
The quota of 300 operators cannot be reached: only + and - count, and 4 kB have no room for so many.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.expressions.condition_parser import CACHED_EXPRESSIONS
from chalice_offline.services.dynamodb.expressions.operand_parser import (
    CONDITION_FUNCTIONS,
    UPDATE_FUNCTIONS,
    OperandParser,
    misused_function,
)
from chalice_offline.services.dynamodb.expressions.syntax import (
    Action,
    Arithmetic,
    Call,
    Operand,
    RemoveAction,
    SetAction,
    SetOrNumberAction,
    ValueReference,
)
from chalice_offline.services.dynamodb.expressions.tokens import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

_SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")


class _UpdateParser(OperandParser):
    functions = UPDATE_FUNCTIONS
    foreign_functions = CONDITION_FUNCTIONS
    foreign_function_text = "The function is not allowed in an update expression"
    keywords = _SECTIONS

    def parse(self) -> tuple[Action, ...]:
        actions: list[Action] = []
        seen: set[str] = set()
        while True:
            if not self.tokens.at_word(*_SECTIONS):
                raise self.tokens.unexpected()
            section = self.tokens.take().text.upper()
            if section in seen:
                self.object(
                    "section",
                    f'The "{section}" section can only be used once in an update expression;',
                )
            seen.add(section)
            actions.extend(self._actions(section))
            if self.tokens.next.kind is Kind.END:
                self.raise_problems()
                return tuple(actions)

    def _actions(self, section: str) -> list[Action]:
        if section == "SET":
            read: Callable[[], Action] = self._set
        elif section == "REMOVE":
            read = self._remove
        else:
            read = lambda: self._set_or_number(section)  # noqa: E731
        actions = [read()]
        while self.tokens.at_symbol(","):
            self.tokens.take()
            actions.append(read())
        return actions

    def _set(self) -> SetAction:
        path = self.path()
        self.tokens.take_symbol("=")
        return SetAction(path, self._set_value())

    def _set_value(self) -> Operand | Arithmetic:
        """Read what is assigned: an operand, or two with + or -, in one pair of parentheses."""
        if self.tokens.at_symbol("("):
            # "(a) + b" or "(a + b)": what the parenthesis encloses shows when it closes.
            self.tokens.take()
            value: Operand | Arithmetic = self._sum(self.operand())
            self.tokens.take_symbol(")")
            return value if isinstance(value, Arithmetic) else self._sum(value)
        return self._sum(self.operand())

    def _sum(self, left: Operand) -> Operand | Arithmetic:
        if not self.tokens.at_symbol("+", "-"):
            return left
        return Arithmetic(self.tokens.take().text, left, self.operand())

    def _remove(self) -> RemoveAction:
        return RemoveAction(self.path())

    def _set_or_number(self, section: str) -> SetOrNumberAction:
        path = self.path()
        value = ValueReference(self.tokens.take_kind(Kind.VALUE_REFERENCE).text)
        return SetOrNumberAction(section, path, value)

    def check_argument(self, argument: Operand) -> None:
        # list_append(list_append(a, b), c) is refused, verified on AWS by ScyllaDB's tests.
        if isinstance(argument, Call) and argument.function == "list_append":
            self.object("use", misused_function(argument.function))


@lru_cache(maxsize=CACHED_EXPRESSIONS)
def parsed_update(text: str) -> tuple[Action, ...]:
    """Parse the text of an update expression. Raises ExpressionError."""
    return _UpdateParser(text).parse()
