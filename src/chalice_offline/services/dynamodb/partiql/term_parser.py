"""Terms of statements: names, paths, values and functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.errors import validation
from chalice_offline.services.dynamodb.expressions.operand_parser import MAX_LIST_INDEX
from chalice_offline.services.dynamodb.expressions.syntax import Call, Path, ValueReference
from chalice_offline.services.dynamodb.partiql.literals import at_literal, literal
from chalice_offline.services.dynamodb.partiql.tokens import Kind, Tokens, malformed

if TYPE_CHECKING:
    from chalice_offline.services.dynamodb.expressions.syntax import Operand
    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue

# Words that are no names unless they are quoted.
KEYWORDS = frozenset(
    {
        "AND", "ASC", "BETWEEN", "BY", "DELETE", "DESC", "EXISTS", "FALSE", "FROM", "IN",
        "INSERT", "INTO", "IS", "MISSING", "NOT", "NULL", "OR", "ORDER", "REMOVE", "RETURNING",
        "SELECT", "SET", "TRUE", "UPDATE", "VALUE", "WHERE",
    }
)  # fmt: skip
# Parentheses and functions inside each other; the parser must not run out of stack.
_MAX_LEVELS = 50


class TermParser:
    """Reads terms; collects the statement's literals and counts its parameters."""

    def __init__(self, statement: str) -> None:
        self.tokens = Tokens(statement)
        self.literals: dict[str, AttributeValue] = {}
        self.parameters = 0
        self._level = 0

    def enter(self) -> None:
        """Go one parenthesis deeper; AwsError when that is too deep."""
        self._level += 1
        if self._level > _MAX_LEVELS:
            raise malformed("Expression is nested too deeply")

    def leave(self) -> None:
        """Come back from `enter`."""
        self._level -= 1

    def name(self) -> str:
        """Read a name: quoted, or a word that is no keyword."""
        token = self.tokens.next
        if token.kind is Kind.QUOTED:
            return self.tokens.take().text
        if token.kind is Kind.WORD and token.text.upper() not in KEYWORDS:
            return self.tokens.take().text
        raise malformed("Expected identifier for simple path")

    def path(self) -> Path:
        """Read a document path: a.b, a[0], "a"."b", a['b']."""
        parts: list[str | int] = [self.name()]
        while self.tokens.at_symbol(".", "["):
            if self.tokens.take().text == ".":
                if self.tokens.at_symbol("*"):
                    raise validation("Unpivot path component like a.*.b are not supported")
                parts.append(self.name())
            else:
                parts.append(self._bracketed())
                self.tokens.take_symbol("]")
        return Path(tuple(parts))

    def _bracketed(self) -> str | int:
        if self.tokens.next.kind is Kind.STRING:
            return self.tokens.take().text
        if self.tokens.at_symbol("*"):
            raise validation("Wildcard path component like a[*].b are not supported")
        sign = -1 if self.tokens.skip_symbol("-") else 1
        place = self.tokens.next.place
        if self.tokens.next.kind is not Kind.NUMBER or not self.tokens.next.text.isdigit():
            raise malformed("Unexpected path component")
        index = sign * int(self.tokens.take().text)
        if not 0 <= index <= MAX_LIST_INDEX:
            raise validation(
                f"List index is not within the allowable range; index: [{index}] at {place}"
            )
        return index

    def value(self, value: AttributeValue) -> ValueReference:
        """Return a reference to a literal."""
        reference = ValueReference(f":{len(self.literals)}")
        self.literals[reference.name] = value
        return reference

    def parameter(self) -> ValueReference:
        """Read "?"."""
        self.tokens.take_symbol("?")
        self.parameters += 1
        return ValueReference(f":?{self.parameters}")

    def operand(self) -> Operand:
        """Read a path, a value or a function, perhaps in parentheses."""
        if self.tokens.at_symbol("("):
            self.enter()
            self.tokens.take()
            operand = self.operand()
            self.tokens.take_symbol(")")
            self.leave()
            return operand
        if self.tokens.at_symbol("?"):
            return self.parameter()
        if at_literal(self.tokens):
            return self.value(literal(self.tokens))
        if self.tokens.at_word("MISSING"):
            raise validation("MISSING must be compared using IS operator")
        if self.tokens.next.kind is Kind.WORD and self.tokens.after_next.text == "(":
            return self._call()
        return self.path()

    def _call(self) -> Call:
        self.enter()
        name = self.tokens.take().text.lower()  # AWS's functions are found in any case
        self.tokens.take_symbol("(")
        arguments = [self.operand()]
        while self.tokens.skip_symbol(","):
            arguments.append(self.operand())
        self.tokens.take_symbol(")")
        self.leave()
        return Call(name, tuple(arguments))
