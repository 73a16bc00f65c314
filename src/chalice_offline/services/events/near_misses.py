"""Why no rule matched, worked out when somebody asks."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalice_offline.services.events.resources import EventBus

# A bus may have ten thousand rules; the explanation of an event is read by a person.
_RULES_EXPLAINED = 20


class NearMisses:
    """What each rule of a bus missed in an event.

    Stands in the journal in place of the sentences: they cost far more than the match and few
    events are ever looked at. Holds the patterns as they were, so a rule that is changed later
    does not change the explanation.
    """

    __slots__ = ("_document", "_patterns", "_unexplained")

    def __init__(self, bus: EventBus, document: Mapping[str, Any]) -> None:
        """Remember the bus's first rules that match events now, and the event."""
        candidates = (
            (rule.name, rule.pattern)
            for rule in bus.rules.values()
            if rule.pattern is not None and rule.is_enabled and rule.archive is None
        )
        self._patterns = list(islice(candidates, _RULES_EXPLAINED))
        is_full = len(self._patterns) == _RULES_EXPLAINED
        self._unexplained = len(bus.index) - _RULES_EXPLAINED if is_full else 0
        self._document = document

    @property
    def journal_holds(self) -> Mapping[str, Any]:
        """What the journal keeps alive by keeping this; it counts that as its own."""
        return self._document

    def sentences(self) -> Iterator[str]:
        """Yield a sentence per rule and failing field, then how many rules are left out."""
        if not self._patterns:
            yield "The bus has no enabled rule with an event pattern."
        for name, pattern in self._patterns:
            for sentence in pattern.explain(self._document):
                yield f"Rule {name}: {sentence}"
        if self._unexplained:
            yield f"{self._unexplained} more rules did not match."

    def __str__(self) -> str:
        return "\n".join(self.sentences())
