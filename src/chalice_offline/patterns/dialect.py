"""What differs between EventBridge patterns, SNS filter policies and Lambda filters: data only."""

from __future__ import annotations

from dataclasses import dataclass

# Every operator of aws/event-ruler 337e8d9 (2026-07). "exactly" is accepted though undocumented.
_ALL_OPERATORS = frozenset(
    {
        "anything-but",
        "cidr",
        "equals-ignore-case",
        "exactly",
        "exists",
        "numeric",
        "prefix",
        "suffix",
        "wildcard",
    }
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One service's variant of the event-pattern language.

    operators                 names allowed in a match expression
    anything_but_operators    names allowed inside {"anything-but": {…}}
    anything_but_lists        whether these take a list besides a single string
    affixes_ignore_case       whether {"prefix": {"equals-ignore-case": …}} and suffix exist
    empty_matches_all         whether {} is a pattern, one that matches everything
    nested_keys               whether a key may hold an object
    keys_max                  most keys, None for no limit
    keys_counted_at_any_level whether keys inside objects count towards it (those in $or do)
    combinations_max          most combinations of values, None for no limit
    wildcard_complexity_max   see `wildcards.wildcard_complexity`
    """

    name: str
    operators: frozenset[str] = _ALL_OPERATORS
    anything_but_operators: frozenset[str] = frozenset(
        {"equals-ignore-case", "prefix", "suffix", "wildcard"}
    )
    anything_but_lists: bool = True
    affixes_ignore_case: bool = True
    empty_matches_all: bool = False
    nested_keys: bool = True
    keys_max: int | None = None
    keys_counted_at_any_level: bool = False
    combinations_max: int | None = None
    # AWS does not publish the number. Recorded: TestEventPattern accepts
    # "/Users/*/dir/dir/dir/dir/dir/doc.txt" (7) and refuses "*:*:*:*:*:event-bus/*" (11).
    wildcard_complexity_max: int = 10


EVENT_BRIDGE = Dialect("EventBridge event pattern")

# SNS runs an older rule compiler. Recorded in May 2024: anything-but takes a scalar, a list or
# {"prefix": string}; {"suffix": …} is "Unsupported anything-but pattern". The developer guide,
# "Filter policy operators", names no wildcard. "Removing a filter policy": {} removes it.
_SNS_OPERATORS = _ALL_OPERATORS - {"exactly", "wildcard"}
_SNS_ANYTHING_BUT = frozenset({"prefix"})

# Developer guide, "Filter policy constraints" (2025): at most 5 keys and 150 combinations;
# "All keys are counted" for attributes, "Only counts top-level keys" for the body.
_SNS_KEYS_MAX = 5
_SNS_COMBINATIONS_MAX = 150

SNS_MESSAGE_ATTRIBUTES = Dialect(
    "SNS filter policy on message attributes",
    operators=_SNS_OPERATORS,
    anything_but_operators=_SNS_ANYTHING_BUT,
    anything_but_lists=False,
    affixes_ignore_case=False,
    empty_matches_all=True,
    nested_keys=False,
    keys_max=_SNS_KEYS_MAX,
    keys_counted_at_any_level=True,
    combinations_max=_SNS_COMBINATIONS_MAX,
)

SNS_MESSAGE_BODY = Dialect(
    "SNS filter policy on the message body",
    operators=_SNS_OPERATORS,
    anything_but_operators=_SNS_ANYTHING_BUT,
    anything_but_lists=False,
    affixes_ignore_case=False,
    empty_matches_all=True,
    keys_max=_SNS_KEYS_MAX,
    combinations_max=_SNS_COMBINATIONS_MAX,
)

# EventBridge user guide, "Comparison operators for use in event patterns": the column for
# pipes, which share their pollers with event source mappings, has no wildcard and no
# anything-but with an operator inside. Lambda reports every fault with one text of its own.
LAMBDA_FILTER = Dialect(
    "Lambda event filter",
    operators=_ALL_OPERATORS - {"exactly", "wildcard"},
    anything_but_operators=frozenset(),
)
