"""Event patterns: one engine for EventBridge, SNS filter policies and Lambda event filters.

compile_pattern(text, EVENT_BRIDGE) gives a `Pattern` that says whether an event matches and, if
not, why. `PatternIndex` holds many patterns and finds those that match without trying them all.
The services' differences are data, a `Dialect`.
"""

from __future__ import annotations

from chalice_offline.patterns.compiler import compile_pattern
from chalice_offline.patterns.dialect import (
    EVENT_BRIDGE,
    LAMBDA_FILTER,
    SNS_MESSAGE_ATTRIBUTES,
    SNS_MESSAGE_BODY,
    Dialect,
)
from chalice_offline.patterns.errors import PatternError
from chalice_offline.patterns.index import PatternIndex
from chalice_offline.patterns.pattern import Pattern

__all__ = [
    "EVENT_BRIDGE",
    "LAMBDA_FILTER",
    "SNS_MESSAGE_ATTRIBUTES",
    "SNS_MESSAGE_BODY",
    "Dialect",
    "Pattern",
    "PatternError",
    "PatternIndex",
    "compile_pattern",
]
