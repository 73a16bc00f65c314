"""Which "#name" and ":value" references an expression has.

Asked for every request, so kept by text.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb.expressions.condition_parser import CACHED_EXPRESSIONS
from chalice_offline.services.dynamodb.expressions.tokens import Kind, tokens_of

if TYPE_CHECKING:
    from collections.abc import Callable


@lru_cache(maxsize=CACHED_EXPRESSIONS)
def references_of(
    parse: Callable[[str], Any], text: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Parse `text` and return its name and value references, each once, in their order.

    Raises what `parse` raises. Equal texts are parsed once.
    """
    parse(text)
    names: dict[str, None] = {}
    values: dict[str, None] = {}
    for token in tokens_of(text):
        if token.kind is Kind.NAME_REFERENCE:
            names[token.text] = None
        elif token.kind is Kind.VALUE_REFERENCE:
            values[token.text] = None
    return tuple(names), tuple(values)
