"""From a pattern's JSON text to its rules, with AWS's checks in AWS's order.

The grammar, the order of the checks and the error texts are those of aws/event-ruler's
`JsonRuleCompiler`, on which EventBridge, SNS and Lambda all rely; the recorded errors of
TestEventPattern and SNS Subscribe agree with it. Where SNS answers otherwise, the dialect says so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.patterns.errors import PatternError
from chalice_offline.patterns.expressions import ExpressionReader
from chalice_offline.patterns.limits import check_limits
from chalice_offline.patterns.pattern import Field, Pattern, Rule
from chalice_offline.patterns.tokens import Token, TokenReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.patterns.dialect import Dialect
    from chalice_offline.patterns.matchers import Matcher

_OR = "$or"

# Names that may not be keys inside $or; aws/event-ruler `Constants`.
_RESERVED_INSIDE_OR = frozenset(
    {
        "exactly",
        "equals-ignore-case",
        "prefix",
        "suffix",
        "anything-but",
        "exists",
        "wildcard",
        "numeric",
        "cidr",
        "=",
        "<",
        "<=",
        ">",
        ">=",
        "regex",
        "not-wildcard",
        "not-equals-ignore-case",
        "date-after",
        "date-on-or-after",
        "date-before",
        "date-on-or-before",
        "in-date-range",
        "ip-address-in-range",
        "ip-address-not-in-range",
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class ParsedField:
    """A field as written: the keys on the way to its list, and the list."""

    keys: tuple[str, ...]
    matchers: tuple[Matcher, ...]


# The fields of one way through the $or lists, by dotted name. A later field replaces an earlier
# one of the same name, however the two were spelled.
ParsedRule = dict[str, ParsedField]


class _OrShapeError(PatternError):
    """What stands at $or is no $or relationship, so the key may be an ordinary one."""


class _PatternReader:
    """Reads one pattern into parsed rules, one for each way through its $or lists."""

    def __init__(self, source: str, dialect: Dialect, *, or_is_keyword: bool) -> None:
        self._tokens = TokenReader(source)
        self._dialect = dialect
        self._expressions = ExpressionReader(self._tokens, dialect)
        self._or_is_keyword = or_is_keyword
        self._keys: list[str] = []

    def read(self) -> list[ParsedRule]:
        rules: list[ParsedRule] = []
        if self._tokens.next() is not Token.START_OBJECT:
            raise self._tokens.fail("Filter is not an object")
        self._object(rules, inside_or=False)
        return rules

    def _object(self, rules: list[ParsedRule], *, inside_or: bool) -> None:
        empty = True
        while self._tokens.next() is not Token.END_OBJECT:
            empty = False
            key = self._tokens.field_name
            if key == _OR and self._or_is_keyword:
                self._alternatives(rules)
                continue
            if inside_or and key in _RESERVED_INSIDE_OR:
                raise self._or_shape(
                    f"{key} is Ruler reserved fieldName which cannot be used inside {_OR}."
                )
            self._field(rules, key, inside_or=inside_or)
        if empty and (self._keys or inside_or or not self._dialect.empty_matches_all):
            raise self._tokens.fail("Empty objects are not allowed")

    def _field(self, rules: list[ParsedRule], key: str, *, inside_or: bool) -> None:
        token = self._tokens.next()
        self._keys.append(key)
        if token is Token.START_OBJECT:
            self._object(rules, inside_or=inside_or)
        elif token is Token.START_ARRAY:
            self._values(rules)
        else:
            raise self._tokens.fail(f'"{key}" must be an object or an array')
        self._keys.pop()

    def _values(self, rules: list[ParsedRule]) -> None:
        field = ParsedField(tuple(self._keys), self._expressions.alternatives())
        name = ".".join(field.keys)
        if not rules:
            rules.append({})
        for rule in rules:
            rule[name] = field

    def _alternatives(self, rules: list[ParsedRule]) -> None:
        """An $or list: every rule so far continues once with each of its objects."""
        before = [dict(rule) for rule in rules] or [{}]
        rules.clear()
        if self._tokens.next() is not Token.START_ARRAY:
            raise self._or_shape(f"It must be an Array followed with {_OR}.")
        count = 0
        while (token := self._tokens.next()) is not Token.END_ARRAY:
            count += 1
            if token is not Token.START_OBJECT:
                raise self._or_shape(f"Only JSON object is allowed in array of {_OR} relationship.")
            branch = [dict(rule) for rule in before]
            self._object(branch, inside_or=True)
            rules.extend(branch)
        if count < 2:
            raise self._or_shape(f"There must have at least 2 Objects in {_OR} relationship.")

    def _or_shape(self, reason: str) -> _OrShapeError:
        placed = self._tokens.fail(reason)
        return _OrShapeError(reason, placed.line, placed.column, source=placed.source)


def _read_rules(source: str, dialect: Dialect) -> list[ParsedRule]:
    try:
        return _PatternReader(source, dialect, or_is_keyword=True).read()
    except _OrShapeError as refused:
        # aws/event-ruler's README: what does not look like an $or relationship is a field of
        # that name, for patterns older than the keyword.
        try:
            return _PatternReader(source, dialect, or_is_keyword=False).read()
        except PatternError:
            raise refused from None


def compile_pattern(source: str | Mapping[str, Any], dialect: Dialect) -> Pattern:
    """Compile a pattern given as JSON text or as the parsed object.

    Raises `PatternError` with AWS's reason. Line and column refer to the text; an object is
    written as `json.dumps` writes it, as clients do before they send it.
    """
    text = source if isinstance(source, str) else json.dumps(dict(source))
    rules = _read_rules(text, dialect) or [{}]
    check_limits(
        dialect,
        [[(field.keys, len(field.matchers)) for field in rule.values()] for rule in rules],
        text,
    )
    # Combinations of $or share most of their fields; compile each only once.
    fields: dict[ParsedField, Field] = {}
    for rule in rules:
        for name, parsed in rule.items():
            if parsed not in fields:
                fields[parsed] = Field(name, parsed.matchers)
    return Pattern(
        text, dialect, [Rule([fields[parsed] for parsed in rule.values()]) for rule in rules]
    )
