"""Limits on a whole filter policy: keys, combinations, nesting."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

from chalice_offline.patterns.errors import PatternError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_offline.patterns.dialect import Dialect

# A field: the keys on the way to its list of values, and the length of that list.
FieldShape: TypeAlias = tuple[tuple[str, ...], int]


def check_limits(dialect: Dialect, rules: Sequence[Sequence[FieldShape]], source: str) -> None:
    """Raise `PatternError` when the policy exceeds its dialect; texts recorded from SNS.

    `rules` has one entry for each way through the policy's $or lists.
    """
    paths = [keys for rule in rules for keys, _ in rule]
    if not dialect.nested_keys and any(len(keys) > 1 for keys in paths):
        raise PatternError(
            "Filter policy scope MessageAttributes does not support nested filter policy",
            source=source,
            whole_message=True,
        )
    counted = {keys if dialect.keys_counted_at_any_level else keys[:1] for keys in paths}
    if dialect.keys_max is not None and len(counted) > dialect.keys_max:
        raise PatternError(
            f"Filter policy can not have more than {dialect.keys_max} keys", source=source
        )
    if dialect.combinations_max is not None and _combinations(rules) > dialect.combinations_max:
        raise PatternError("Filter policy is too complex", source=source)


def _combinations(rules: Sequence[Sequence[FieldShape]]) -> int:
    """Number of values times depth of the key, multiplied over fields, summed over $or.

    SNS developer guide, "Filter policy constraints" (three values at depth two count six);
    the sum over $or is recorded.
    """
    return sum(math.prod(values * len(keys) for keys, values in rule) for rule in rules)
