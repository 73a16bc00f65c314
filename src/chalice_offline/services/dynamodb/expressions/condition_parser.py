"""Condition, filter and key condition expressions: one grammar.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
NOT binds before AND, AND before OR. Groups are kept on a list of our own, not on Python's stack:
4 kB of parentheses are a wrong expression, no recursion error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from chalice_offline.services.dynamodb.expressions.errors import ExpressionError
from chalice_offline.services.dynamodb.expressions.operand_parser import (
    CONDITION_FUNCTIONS,
    UPDATE_FUNCTIONS,
    OperandParser,
    misused_function,
)
from chalice_offline.services.dynamodb.expressions.syntax import (
    And,
    Between,
    Call,
    Comparison,
    ConditionNode,
    In,
    Not,
    Operand,
    Or,
)

MAX_OPERATORS = 300
MAX_IN_OPERANDS = 100
CACHED_EXPRESSIONS = 1000

COMPARATORS = ("=", "<>", "<", "<=", ">", ">=")


@dataclass(slots=True)
class _Group:
    """What has been read of one pair of parentheses (or of the whole) so far."""

    alternatives: list[ConditionNode] = field(default_factory=list)  # joined by OR
    conjuncts: list[ConditionNode] = field(default_factory=list)  # joined by AND
    negations: int = 0  # NOTs waiting for their condition
    empty: bool = True  # nothing but an opening parenthesis

    def add(self, node: ConditionNode) -> None:
        self.conjuncts.append(Not(node) if self.negations % 2 else node)
        self.negations = 0

    def end_alternative(self) -> None:
        self.alternatives.append(_joined(And, self.conjuncts))
        self.conjuncts = []

    def whole(self) -> ConditionNode:
        self.end_alternative()
        return _joined(Or, self.alternatives)


def _joined(kind: type[And | Or], nodes: list[ConditionNode]) -> ConditionNode:
    """Return one node; nodes of the same kind are taken apart, so that depth stays small."""
    if len(nodes) == 1:
        return nodes[0]
    parts: list[ConditionNode] = []
    for node in nodes:
        parts.extend(node.parts if isinstance(node, kind) else (node,))
    return kind(tuple(parts))


class _ConditionParser(OperandParser):
    functions = CONDITION_FUNCTIONS
    foreign_functions = UPDATE_FUNCTIONS
    foreign_function_text = "The function is not allowed in a condition expression"
    keywords = ("AND", "OR", "NOT", "BETWEEN", "IN")
    grouped_paths = True

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._operators = 0
        self._groups = [_Group()]

    def parse(self) -> ConditionNode:
        while True:
            self._openings()
            node, closed = self._condition()
            whole = self._after_condition(node, closed)
            if whole is not None:
                self.raise_problems()
                return whole

    def _openings(self) -> None:
        """Read the parentheses and NOTs before a condition."""
        while True:
            if self.tokens.at_symbol("("):
                self.tokens.take()
                self._groups[-1].empty = False
                self._groups.append(_Group())
            elif self.tokens.at_word("NOT"):
                self.tokens.take()
                self._count_operator()
                self._groups[-1].empty = False
                self._groups[-1].negations += 1
            else:
                return

    def _condition(self) -> tuple[ConditionNode, int]:
        """Read one condition; return it with the number of parentheses that closed on it.

        Whether "(" opened a group or stands around an operand shows only afterwards: an operand
        that closes a group which has nothing else in it is an operand in parentheses.
        """
        operand = self.simple_operand()
        closed = 0
        while True:
            if self.tokens.at_symbol(")") and len(self._groups) > 1 and self._groups[-1].empty:
                self.tokens.take()
                self._groups.pop()
                self._groups[-1].empty = not self._has_content(self._groups[-1])
                closed += 1
                self.check_closed(closed)
            elif closed and self.continues_path(operand):
                operand = self.rest_of_grouped_path(operand)
                closed = 0
            else:
                break
        self._groups[-1].empty = False
        comparison = self._comparison(operand)
        if comparison is not None:
            return comparison, 0
        if not isinstance(operand, Call):
            raise self.tokens.unexpected()
        if operand.function == "size":
            self.object("use", misused_function("size"))
        return operand, closed

    @staticmethod
    def _has_content(group: _Group) -> bool:
        return bool(group.alternatives or group.conjuncts or group.negations)

    def _comparison(self, left: Operand) -> ConditionNode | None:
        if self.tokens.at_symbol(*COMPARATORS):
            operator = self.tokens.take().text
            self._count_operator()
            right = self.operand()
            self._check_operands(left, right)
            return Comparison(operator, left, right)
        if self.tokens.at_word("BETWEEN"):
            return self._between(left)
        if self.tokens.at_word("IN"):
            return self._in(left)
        return None

    def _between(self, operand: Operand) -> ConditionNode:
        self.tokens.take()
        self._count_operator()
        low = self.operand()
        if not self.tokens.at_word("AND"):
            raise self.tokens.unexpected()
        self.tokens.take()
        high = self.operand()
        self._check_operands(operand, low, high)
        return Between(operand, low, high)

    def _in(self, operand: Operand) -> ConditionNode:
        self.tokens.take()
        self._count_operator()
        self.tokens.take_symbol("(")
        choices = [self.operand()]
        while self.tokens.at_symbol(","):
            self.tokens.take()
            choices.append(self.operand())
        self.tokens.take_symbol(")")
        self._check_operands(operand, *choices)
        if len(choices) > MAX_IN_OPERANDS:
            raise ExpressionError(
                "The IN operator is provided with too many operands; "
                f"number of operands: {len(choices)}"
            )
        return In(operand, tuple(choices))

    def _after_condition(self, node: ConditionNode, closed: int) -> ConditionNode | None:
        """Close groups and read AND or OR; return the whole condition at the end."""
        tokens = self.tokens
        while True:
            group = self._groups[-1]
            untouched = not self._has_content(group)
            group.add(node)
            if tokens.at_word("AND"):
                tokens.take()
                self._count_operator()
                return None
            if tokens.at_word("OR"):
                tokens.take()
                self._count_operator()
                group.end_alternative()
                return None
            if tokens.at_symbol(")") and len(self._groups) > 1:
                tokens.take()
                node = self._groups.pop().whole()
                closed = closed + 1 if untouched else 1
                self.check_closed(closed)
                continue
            self.end()
            if len(self._groups) > 1:
                raise tokens.unexpected()
            return group.whole()

    def _count_operator(self) -> None:
        self._operators += 1
        if self._operators > MAX_OPERATORS:
            raise ExpressionError(
                f"The expression contains too many operators; operator count: {self._operators}"
            )

    def _check_operands(self, *operands: Operand) -> None:
        for operand in operands:
            self.check_argument(operand)

    def check_argument(self, argument: Operand) -> None:
        if isinstance(argument, Call) and argument.function != "size":
            self.object("use", misused_function(argument.function))


@lru_cache(maxsize=CACHED_EXPRESSIONS)
def parsed_condition(text: str) -> ConditionNode:
    """Parse the text of a condition. Raises ExpressionError."""
    return _ConditionParser(text).parse()
