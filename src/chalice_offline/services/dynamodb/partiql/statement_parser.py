"""SELECT, INSERT, UPDATE, DELETE and EXISTS.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.statements.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.errors import validation
from chalice_offline.services.dynamodb.expressions.syntax import (
    Arithmetic,
    Call,
    Path,
    RemoveAction,
    SetAction,
    SetOrNumberAction,
    ValueReference,
)
from chalice_offline.services.dynamodb.partiql.literals import literal, member_name
from chalice_offline.services.dynamodb.partiql.statements import column_name
from chalice_offline.services.dynamodb.partiql.syntax import (
    DeleteSyntax,
    ExistsSyntax,
    InsertSyntax,
    ParsedStatement,
    Placed,
    SelectSyntax,
    StatementSyntax,
    UpdateSyntax,
)
from chalice_offline.services.dynamodb.partiql.tokens import Kind, malformed
from chalice_offline.services.dynamodb.partiql.where_parser import WhereParser

if TYPE_CHECKING:
    from chalice_offline.services.dynamodb.expressions.syntax import (
        Action,
        ConditionNode,
        Operand,
    )

CACHED_STATEMENTS = 500

_SET_FUNCTIONS = {"set_add": "ADD", "set_delete": "DELETE"}
_RETURNING = {
    ("ALL", "OLD"): "ALL_OLD",
    ("ALL", "NEW"): "ALL_NEW",
    ("MODIFIED", "OLD"): "UPDATED_OLD",
    ("MODIFIED", "NEW"): "UPDATED_NEW",
}
_NO_CLAUSES = ("LIMIT", "GROUP", "HAVING", "OFFSET", "JOIN", "LET", "UNION")


class _StatementParser(WhereParser):
    def __init__(self, statement: str) -> None:
        super().__init__(statement)
        self._set_operations: list[tuple[str, Placed]] = []

    def parse(self) -> ParsedStatement:
        statement = self._statement()
        self.tokens.skip_symbol(";")
        if self.tokens.next.kind is not Kind.END:
            raise malformed("Unexpected token after expression")
        return ParsedStatement(
            statement, self.literals, self.parameters, tuple(self._set_operations)
        )

    def _statement(self) -> StatementSyntax:
        if self.tokens.skip_word("SELECT"):
            return self._select()
        if self.tokens.skip_word("INSERT"):
            return self._insert()
        if self.tokens.skip_word("UPDATE"):
            return self._update()
        if self.tokens.skip_word("DELETE"):
            return self._delete()
        if self.tokens.skip_word("EXISTS"):
            self.tokens.take_symbol("(")
            self.tokens.take_word("SELECT")
            select = self._select()
            self.tokens.take_symbol(")")
            return ExistsSyntax(select)
        raise malformed("Expected data manipulation")

    def _select(self) -> SelectSyntax:
        paths = self._columns()
        self.tokens.take_word("FROM")
        table = self.name()
        index = self.name() if self.tokens.skip_symbol(".") else None
        self._check_source()
        where = self._where()
        order_by = self._order_by()
        if self.tokens.at_word(*_NO_CLAUSES):
            raise validation(f"Unsupported clause: {self.tokens.next.text.upper()}")
        return SelectSyntax(table, index, paths, where, order_by)

    def _columns(self) -> tuple[Path, ...] | None:
        if self.tokens.skip_symbol("*"):
            if self.tokens.at_symbol(","):
                raise validation(
                    "Other attributes should not be present in the projection when '*' is used."
                )
            return None
        if self.tokens.at_word("VALUE"):
            raise validation("Select projection doesn't support value or pivot keywords")
        paths = [self._column()]
        while self.tokens.skip_symbol(","):
            paths.append(self._column())
        names: set[str] = set()
        for path in paths:
            name = column_name(path)
            if name in names:
                raise validation(f"Duplicate identifiers in select clause: {name}")
            names.add(name)
        return tuple(paths)

    def _column(self) -> Path:
        path = self.path()
        if self.tokens.at_word("AS"):
            raise validation("Aliasing is not supported")
        return path

    def _check_source(self) -> None:
        if self.tokens.at_symbol("."):
            raise validation("A path may contain at most 2 components in the FROM clause")
        if self.tokens.at_symbol(","):
            raise validation("Only select from a single table or index is supported.")
        if self.tokens.at_word("AS"):
            raise validation("Aliasing is not supported")

    def _where(self) -> ConditionNode | None:
        return self.condition() if self.tokens.skip_word("WHERE") else None

    def _order_by(self) -> tuple[tuple[str, bool], ...]:
        if not self.tokens.skip_word("ORDER"):
            return ()
        self.tokens.take_word("BY")
        keys = [self._ordering()]
        while self.tokens.skip_symbol(","):
            keys.append(self._ordering())
        return tuple(keys)

    def _ordering(self) -> tuple[str, bool]:
        name = self.name()
        if self.tokens.skip_word("DESC"):
            return name, True
        self.tokens.skip_word("ASC")
        return name, False

    def _insert(self) -> InsertSyntax:
        self.tokens.take_word("INTO")
        table = self.name()
        if self.tokens.at_word("VALUES"):
            raise validation(
                "Unsupported operation: Inserting multiple items in a single statement is not "
                'supported, use "INSERT INTO tableName VALUE item" instead'
            )
        self.tokens.take_word("VALUE")
        members: tuple[tuple[str, ValueReference], ...] | ValueReference
        if self.tokens.at_symbol("?"):
            members = self.parameter()
        elif self.tokens.at_symbol("{"):
            members = self._members()
        else:
            raise validation(
                "Unsupported format in item expression. Please use struct format {...} to "
                "express item values for insert statement."
            )
        ignore = self._on_conflict()
        if self.tokens.at_word("RETURNING"):
            raise validation("RETURNING is not supported in INSERT")
        return InsertSyntax(table, members, ignore)

    def _members(self) -> tuple[tuple[str, ValueReference], ...]:
        self.tokens.take()
        members: dict[str, ValueReference] = {}
        while not self.tokens.skip_symbol("}"):
            if members:
                self.tokens.take_symbol(",")
            name = member_name(self.tokens)
            if name in members:
                raise validation(f"Duplicate keys in tuple. Key: {name} under root")
            if self.tokens.at_symbol("?"):
                members[name] = self.parameter()
            else:
                members[name] = self.value(literal(self.tokens, f"root.{name}"))
        return tuple(members.items())

    def _on_conflict(self) -> bool:
        if not self.tokens.skip_word("ON"):
            return False
        self.tokens.take_word("CONFLICT")
        for word in ("DO", "NOTHING"):
            if not self.tokens.skip_word(word):
                raise validation('Invalid conflict action. Only "DO NOTHING" action is supported.')
        return True

    def _update(self) -> UpdateSyntax:
        table = self.name()
        self._check_no_index()
        actions: list[Action] = []
        while self.tokens.at_word("SET", "REMOVE"):
            read = self._set if self.tokens.take().text.upper() == "SET" else self._remove
            actions.append(read())
            while self.tokens.skip_symbol(","):
                actions.append(read())
        if not actions:
            raise validation("Only SET and REMOVE are supported in update expressions at this time")
        where = self._where()
        return UpdateSyntax(table, tuple(actions), where, self._returning())

    def _check_no_index(self) -> None:
        if self.tokens.at_symbol("."):
            raise validation("This operation is not supported on an index")

    def _remove(self) -> Action:
        return RemoveAction(self.path())

    def _set(self) -> Action:
        path = self.path()
        self.tokens.take_symbol("=")
        place = self.tokens.next.place
        value = self.operand()
        if isinstance(value, Call) and value.function in _SET_FUNCTIONS:
            return self._set_operation(path, value, place)
        if self.tokens.at_symbol("+", "-"):
            operator = self.tokens.take().text
            return SetAction(path, Arithmetic(operator, value, self.operand()))
        return SetAction(path, self._checked(value))

    @staticmethod
    def _checked(value: Operand) -> Operand:
        if isinstance(value, Call) and value.function not in {"list_append", "if_not_exists"}:
            raise validation(f"Unrecognized function: {value.function}")
        return value

    def _set_operation(self, path: Path, call: Call, place: str) -> Action:
        word = call.function.upper()
        if len(call.arguments) != 2:
            raise validation(f"{word} must have exactly two arguments")
        first, second = call.arguments
        if first != path:
            raise validation(f"The first argument to {word} must equal the assignment value")
        if not isinstance(second, ValueReference):
            raise validation(
                f"The second argument to {word} must be a value with type SET at {place}"
            )
        self._set_operations.append((word, Placed(second, place)))
        return SetOrNumberAction(_SET_FUNCTIONS[call.function], path, second)

    def _delete(self) -> DeleteSyntax:
        self.tokens.take_word("FROM")
        table = self.name()
        self._check_no_index()
        where = self._where()
        returning = self._returning()
        if returning not in {"ALL_OLD", "NONE"}:
            shown = next(" ".join(words) for words, one in _RETURNING.items() if one == returning)
            raise validation(
                f"Invalid returning clause: RETURNING {shown} *. "
                "Only RETURNING ALL OLD * is allowed in DELETE statements."
            )
        return DeleteSyntax(table, where, returning)

    def _returning(self) -> str:
        if not self.tokens.skip_word("RETURNING"):
            return "NONE"
        words = (self.tokens.take().text.upper(), self.tokens.take().text.upper())
        if words not in _RETURNING:
            raise malformed("Expected ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause")
        if not self.tokens.skip_symbol("*"):
            raise validation(
                "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause"
            )
        if self.tokens.at_symbol(","):
            raise validation("Invalid syntax with multiple returning elements in RETURNING clause")
        return _RETURNING[words]


@lru_cache(maxsize=CACHED_STATEMENTS)
def parsed_statement(statement: str) -> ParsedStatement:
    """Parse the text of a statement. Raises AwsError("ValidationException")."""
    return _StatementParser(statement).parse()
