"""Literals in statements: 'text', 1.5, true, null, [1, 2], {'name': 1} and the set <<1, 2>>.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.data-types.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.errors import validation
from chalice_offline.services.dynamodb.partiql.tokens import Kind, malformed
from chalice_offline.services.dynamodb.values.attribute_values import MAX_NESTING, check_value

if TYPE_CHECKING:
    from chalice_offline.core.errors import AwsError
    from chalice_offline.services.dynamodb.partiql.tokens import Tokens
    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue, Item

_CONSTANTS: dict[str, AttributeValue] = {
    "TRUE": {"BOOL": True},
    "FALSE": {"BOOL": False},
    "NULL": {"NULL": True},
}


def at_literal(tokens: Tokens) -> bool:
    """Whether a literal comes next."""
    return (
        tokens.next.kind in {Kind.STRING, Kind.NUMBER}
        or tokens.at_symbol("[", "{", "<<", "+", "-")
        or tokens.at_word(*_CONSTANTS)
    )


def literal(tokens: Tokens, where: str = "root", level: int = 0) -> AttributeValue:
    """Read one literal; `where` is its place in the outermost one, for messages.

    Raises AwsError("ValidationException").
    """
    if level >= MAX_NESTING:
        raise validation(f"Nesting Levels have exceeded supported limits under {where}")
    token = tokens.next
    if token.kind is Kind.STRING:
        return {"S": tokens.take().text}
    if token.kind is Kind.NUMBER or tokens.at_symbol("+", "-"):
        return _number(tokens)
    if tokens.at_word(*_CONSTANTS):
        return _CONSTANTS[tokens.take().text.upper()]
    if tokens.at_symbol("["):
        return _list(tokens, where, level)
    if tokens.at_symbol("{"):
        return {"M": _map(tokens, where, level)}
    if tokens.at_symbol("<<"):
        return _bag(tokens)
    if tokens.at_symbol("?"):
        raise _unsupported(tokens, "Parameter", where)
    raise malformed("Unexpected term")


def _unsupported(tokens: Tokens, kind: str, where: str) -> AwsError:
    place = tokens.next.place
    return validation(f"Unsupported data type: {kind} under key {where} at {place}")


def _number(tokens: Tokens) -> AttributeValue:
    negative = False
    while tokens.at_symbol("+", "-"):
        negative ^= tokens.take().text == "-"
    if tokens.next.kind is not Kind.NUMBER:
        raise malformed("Unexpected term")
    return check_value({"N": ("-" if negative else "") + tokens.take().text})


def _list(tokens: Tokens, where: str, level: int) -> AttributeValue:
    tokens.take()
    elements: list[AttributeValue] = []
    while not tokens.skip_symbol("]"):
        if elements:
            tokens.take_symbol(",")
        elements.append(literal(tokens, f"{where}[{len(elements)}]", level + 1))
    return {"L": elements}


def _map(tokens: Tokens, where: str, level: int) -> Item:
    tokens.take()
    members: Item = {}
    while not tokens.skip_symbol("}"):
        if members:
            tokens.take_symbol(",")
        name = member_name(tokens)
        if name in members:
            raise validation(f"Duplicate keys in tuple. Key: {name} under {where}")
        members[name] = literal(tokens, f"{where}.{name}", level + 1)
    return members


def member_name(tokens: Tokens) -> str:
    """Read the name of a member and its colon."""
    if tokens.next.kind is not Kind.STRING:
        raise malformed("Unexpected term")
    name = tokens.take().text
    tokens.take_symbol(":")
    return name


def _bag(tokens: Tokens) -> AttributeValue:
    tokens.take()
    members: list[AttributeValue] = []
    while not tokens.skip_symbol(">>"):
        if members:
            tokens.take_symbol(",")
        members.append(literal(tokens))
    if not members:
        raise validation("Empty bags are not supported")
    for kind in ("S", "N"):
        if all(kind in member for member in members):
            return check_value({f"{kind}S": [member[kind] for member in members]})
    raise validation(
        "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"
    )
