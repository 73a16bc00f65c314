"""The WHERE clause.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-operators.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.errors import validation
from chalice_offline.services.dynamodb.expressions.condition_parser import (
    COMPARATORS,
    MAX_IN_OPERANDS,
)
from chalice_offline.services.dynamodb.expressions.operand_parser import (
    CONDITION_FUNCTIONS,
    misused_function,
)
from chalice_offline.services.dynamodb.expressions.syntax import (
    And,
    Between,
    Call,
    Comparison,
    In,
    Not,
    Or,
    Path,
    ValueReference,
    operands_of,
)
from chalice_offline.services.dynamodb.partiql.term_parser import TermParser
from chalice_offline.services.dynamodb.partiql.tokens import Kind, malformed

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.services.dynamodb.expressions.syntax import ConditionNode, Operand

_TYPES = {
    "NULL": "NULL",
    "BOOLEAN": "BOOL",
    "BLOB": "B",
    "STRING": "S",
    "NUMERIC": "N",
    "STRUCT": "M",
    "TUPLE": "M",
    "LIST": "L",
}
_NO_BOOLEAN = "WHERE clause must contain an expression that resolves to a boolean"


class WhereParser(TermParser):
    """Reads conditions."""

    def condition(self) -> ConditionNode:
        """Read a condition with AND, OR and NOT."""
        return _as_condition(self._any_of())

    def _any_of(self) -> ConditionNode | Operand:
        return self._joined("OR", Or, self._all_of)

    def _all_of(self) -> ConditionNode | Operand:
        return self._joined("AND", And, self._negation)

    def _joined(
        self,
        word: str,
        kind: type[And | Or],
        read: Callable[[], ConditionNode | Operand],
    ) -> ConditionNode | Operand:
        first = read()
        if not self.tokens.at_word(word):
            return first
        parts = [_as_condition(first)]
        while self.tokens.skip_word(word):
            parts.append(_as_condition(read()))
        flat: list[ConditionNode] = []
        for part in parts:
            flat.extend(part.parts if isinstance(part, kind) else (part,))
        return kind(tuple(flat))

    def _negation(self) -> ConditionNode | Operand:
        negations = 0
        while self.tokens.skip_word("NOT"):
            negations += 1
        term = self._predicate()
        if not negations:
            return term
        condition = _as_condition(term)
        return Not(condition) if negations % 2 else condition

    def _predicate(self) -> ConditionNode | Operand:
        term = self._group() if self.tokens.at_symbol("(") else self.operand()
        if not isinstance(term, Path | ValueReference | Call):
            return term
        if self.tokens.at_symbol(*COMPARATORS, "!="):
            operator = self.tokens.take().text
            right = self.operand()
            _check_operands(term, right)
            return Comparison("<>" if operator == "!=" else operator, term, right)
        negated = self.tokens.at_word("NOT")
        if negated:
            self.tokens.take()
        found: ConditionNode | None = None
        if self.tokens.skip_word("BETWEEN"):
            low = self.operand()
            self.tokens.take_word("AND")
            found = Between(term, low, self.operand())
            _check_operands(*operands_of(found))
        elif self.tokens.skip_word("IN"):
            found = self._in(term)
        elif self.tokens.skip_word("IS"):
            found = self._is(term)
        if found is None:
            if negated:
                raise malformed("Unexpected token after expression")
            return term
        return Not(found) if negated else found

    def _group(self) -> ConditionNode | Operand:
        self.enter()
        self.tokens.take()
        term = self._any_of()
        self.tokens.take_symbol(")")
        self.leave()
        return term

    def _in(self, operand: Operand) -> ConditionNode:
        if not self.tokens.at_symbol("[", "("):
            raise validation(
                "IN operator must have a left hand argument of type Variable Reference "
                "and right hand argument of type Seq with at least one member"
            )
        closing = "]" if self.tokens.take().text == "[" else ")"
        choices = [self.operand()]
        while self.tokens.skip_symbol(","):
            choices.append(self.operand())
        self.tokens.take_symbol(closing)
        _check_operands(operand, *choices)
        if len(choices) > MAX_IN_OPERANDS:
            raise validation(
                "The IN operator is provided with too many operands; "
                f"number of operands: {len(choices)}"
            )
        return In(operand, tuple(choices))

    def _is(self, operand: Operand) -> ConditionNode:
        negated = self.tokens.skip_word("NOT")
        if self.tokens.next.kind is not Kind.WORD:
            raise malformed("Expected type name")
        kind = self.tokens.take().text.upper()
        condition: ConditionNode
        if kind == "MISSING":
            condition = Call("attribute_not_exists", (operand,))
        elif kind in _TYPES:
            condition = Call("attribute_type", (operand, self.value({"S": _TYPES[kind]})))
        else:
            raise validation(
                f"Unsupported data type for IS operator: {kind}. Supported data types are "
                "[MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]"
            )
        return Not(condition) if negated else condition


def _check_operands(*operands: Operand) -> None:
    """Raise AwsError for a function that gives no value to compare or to pass on."""
    for operand in operands:
        if isinstance(operand, Call):
            if operand.function not in CONDITION_FUNCTIONS:
                raise validation(f"Unrecognized function: {operand.function}")
            if operand.function != "size":
                raise validation(misused_function(operand.function))
            _check_operands(*operand.arguments)


def _as_condition(term: ConditionNode | Operand) -> ConditionNode:
    if isinstance(term, Path | ValueReference):
        raise validation(_NO_BOOLEAN)
    if isinstance(term, Call):
        if term.function not in CONDITION_FUNCTIONS:
            raise validation(f"Unrecognized function: {term.function}")
        if term.function == "size":
            raise validation(_NO_BOOLEAN)
        _check_operands(*term.arguments)
    return term
