"""The part of the grammar that all expressions share: paths, values and functions.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.Attributes.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from chalice_offline.services.dynamodb.expressions.errors import ExpressionError
from chalice_offline.services.dynamodb.expressions.reserved_words import is_reserved
from chalice_offline.services.dynamodb.expressions.syntax import Call, Path, ValueReference
from chalice_offline.services.dynamodb.expressions.tokens import Kind, Tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.services.dynamodb.expressions.syntax import Operand
    from chalice_offline.services.dynamodb.expressions.tokens import Token

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
MAX_EXPRESSION_BYTES = 4096
MAX_PATH_LEVELS = 32
MAX_LIST_INDEX = 2**31 - 1
# Deeper calls mean something wrong in every expression that AWS takes, except for a tower of
# if_not_exists that nobody builds; the parser must not run out of stack for them.
_MAX_CALL_LEVELS = 50

CONDITION_FUNCTIONS: Mapping[str, int] = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
}
UPDATE_FUNCTIONS: Mapping[str, int] = {"if_not_exists": 2, "list_append": 2}

# In which order AWS reports what is wrong, when the syntax is right but for these.
_ORDER = ("parentheses", "function", "use", "reserved", "section", "index")


def check_size(text: str) -> None:
    """Raise ExpressionError for an expression that is empty or too long to be read."""
    if not text:
        raise ExpressionError("The expression can not be empty;")
    size = len(text.encode())
    if size > MAX_EXPRESSION_BYTES:
        raise ExpressionError(
            f"Expression size has exceeded the maximum allowed size; expression size: {size}"
        )


class OperandParser:
    """Reads paths, values and functions; remembers what AWS objects to once the syntax is fine."""

    functions: ClassVar[Mapping[str, int]] = {}
    foreign_functions: ClassVar[Mapping[str, int]] = {}
    foreign_function_text: ClassVar[str] = ""
    keywords: ClassVar[tuple[str, ...]] = ()
    grouped_paths: ClassVar[bool] = False

    def __init__(self, text: str) -> None:
        check_size(text)
        self.tokens = Tokens(text)
        self._problems: dict[str, str] = {}
        self._call_level = 0

    def object(self, category: str, text: str) -> None:
        """Remember the first problem of each category."""
        self._problems.setdefault(category, text)

    def raise_problems(self) -> None:
        """Raise ExpressionError for the problem that AWS reports first, if there is any."""
        for category in _ORDER:
            if category in self._problems:
                raise ExpressionError(self._problems[category])

    def end(self) -> None:
        """Make sure that nothing is left to read."""
        if self.tokens.next.kind is not Kind.END:
            raise self.tokens.unexpected()

    def path(self) -> Path:
        """Read a document path."""
        return self._rest_of_path([self._path_name()])

    def _rest_of_path(self, parts: list[str | int]) -> Path:
        tokens = self.tokens
        while tokens.at_symbol(".", "["):
            if tokens.take().text == ".":
                parts.append(self._path_name())
            else:
                parts.append(self._index(tokens.take_kind(Kind.NUMBER)))
                tokens.take_symbol("]")
        return Path(tuple(parts))

    def _path_name(self) -> str:
        token = self.tokens.next
        if token.kind is Kind.NAME and not self.tokens.at_word(*self.keywords):
            if is_reserved(token.text):
                self.object(
                    "reserved",
                    f"Attribute name is a reserved keyword; reserved keyword: {token.text}",
                )
        elif token.kind is not Kind.NAME_REFERENCE:
            raise self.tokens.unexpected()
        return self.tokens.take().text

    def _index(self, token: Token) -> int:
        digits = token.text.lstrip("0")
        if len(digits) > len(str(MAX_LIST_INDEX)) or int(digits or "0") > MAX_LIST_INDEX:
            self.object(
                "index", f"List index is not within the allowable range; index: [{token.text}]"
            )
            return 0
        return int(digits or "0")

    def simple_operand(self) -> Operand:
        """Read a path, a value or a function, not in parentheses."""
        token = self.tokens.next
        if token.kind is Kind.VALUE_REFERENCE:
            return ValueReference(self.tokens.take().text)
        if (
            token.kind is Kind.NAME
            and self.tokens.after_next.text == "("
            and not self.tokens.at_word(*self.keywords)
        ):
            return self._call()
        return self.path()

    def operand(self) -> Operand:
        """Read an operand that may stand in parentheses; two pairs are one too many."""
        opened = 0
        while self.tokens.at_symbol("("):
            self.tokens.take()
            opened += 1
        operand = self.simple_operand()
        closed = 0
        while True:
            if opened and self.tokens.at_symbol(")"):
                self.tokens.take()
                opened -= 1
                closed += 1
                self.check_closed(closed)
            elif closed and self.continues_path(operand):
                operand = self.rest_of_grouped_path(operand)
                closed = 0
            elif opened:
                raise self.tokens.unexpected()
            else:
                return operand

    def continues_path(self, operand: Operand) -> bool:
        """Whether "(path)" goes on as "(path).name" or "(path)[1]", where that is allowed."""
        return self.grouped_paths and isinstance(operand, Path) and self.tokens.at_symbol(".", "[")

    def rest_of_grouped_path(self, operand: Operand) -> Path:
        """Read what follows "(path)"."""
        assert isinstance(operand, Path)
        return self._rest_of_path(list(operand.parts))

    def check_closed(self, closed: int) -> None:
        """Object to the second of two parentheses that close the same thing."""
        if closed > 1:
            self.object("parentheses", "The expression has redundant parentheses;")

    def _call(self) -> Call:
        name = self.tokens.take().text
        self._call_level += 1
        self._check_function(name)
        if self._call_level > _MAX_CALL_LEVELS:
            self.object("use", misused_function(name))
            self.raise_problems()
        self.tokens.take_symbol("(")
        arguments = [self.operand()]
        while self.tokens.at_symbol(","):
            self.tokens.take()
            arguments.append(self.operand())
        self.tokens.take_symbol(")")
        self._call_level -= 1
        for argument in arguments:
            self.check_argument(argument)
        return Call(name, tuple(arguments))

    def _check_function(self, name: str) -> None:
        if name in self.foreign_functions:
            self.object("function", f"{self.foreign_function_text}; function: {name}")
        elif name not in self.functions:
            self.object("function", f"Invalid function name; function: {name}")

    def check_argument(self, argument: Operand) -> None:
        """Object to a function that cannot be another one's argument."""
        raise NotImplementedError


def misused_function(name: str) -> str:
    """Return AWS's words for a function in the wrong place."""
    return f"The function is not allowed to be used this way in an expression; function: {name}"
