"""A compiled pattern: does it match an event, and if not, why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.patterns.elements import Choice, Locations, exists_together
from chalice_offline.patterns.matchers import Matcher, any_of, quote
from chalice_offline.patterns.paths import FieldPath, Leaf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalice_offline.patterns.dialect import Dialect

# Values of an event that an explanation lists before it says "…".
_VALUES_SHOWN = 5


class Field:
    """One field of a pattern with its list of alternatives."""

    __slots__ = ("absent_allowed", "literals", "path", "test", "wanted")

    def __init__(self, name: str, matchers: Sequence[Matcher]) -> None:
        self.path = FieldPath(name)
        self.test = any_of(matchers)
        self.absent_allowed = any(matcher.absent for matcher in matchers)
        self.wanted = " or ".join(matcher.wanted for matcher in matchers)
        # The strings it can only equal, each once; empty when another value could match too.
        literals = [matcher.literal for matcher in matchers]
        self.literals: tuple[str, ...] = (
            ()
            if any(literal is None for literal in literals)
            else tuple(dict.fromkeys(literal for literal in literals if literal is not None))
        )

    def choice(self, leaves: list[Leaf]) -> Choice:
        """Where in the event's arrays this field matches, given its leaves."""
        return Choice(
            Locations(element for value, element in leaves if self.test(value)),
            Locations(element for _, element in leaves),
            self.absent_allowed,
        )

    def mismatch(self, event: Mapping[str, Any], *, elements_open: bool) -> str | None:
        """A sentence if nothing in the event satisfies this field, else None.

        With `elements_open`, a field that may be absent passes when all its values are inside
        arrays: another field may choose an element that lacks it.
        """
        leaves = self.path.leaves(event)
        if any(self.test(value) for value, _ in leaves):
            return None
        if self.absent_allowed and (
            not leaves or (elements_open and all(element for _, element in leaves))
        ):
            return None
        if not leaves:
            found = self.path.describe_absence(event)
        else:
            shown = [quote(value) for value, _ in leaves[:_VALUES_SHOWN]]
            if len(leaves) > _VALUES_SHOWN:
                shown.append("…")
            found = f"the event has {', '.join(shown)}"
        return f'"{self.path.name}" must be {self.wanted}, but {found}.'


class Rule:
    """Fields that must all match: a pattern without $or, or one way through its $or lists."""

    __slots__ = ("_by_name", "fields")

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = tuple(fields)
        # AWS's matcher takes fields in the order of their names. It matters to {"exists": false}
        # in arrays of objects: the elements chosen so far decide what counts as absent.
        self._by_name = tuple(sorted(fields, key=lambda field: field.path.name))

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether the event satisfies every field, within the same array elements."""
        found: list[list[Leaf]] = []
        fields_in_arrays = 0
        undecided = False
        for field in self._by_name:
            leaves = field.path.leaves(event)
            satisfied = field.absent_allowed and not leaves
            in_array = False
            for value, element in leaves:
                if element:
                    in_array = True
                if not satisfied and field.test(value):
                    satisfied = True
            fields_in_arrays += in_array
            if not satisfied:
                if not (field.absent_allowed and in_array):
                    return False
                undecided = True
            found.append(leaves)
        if fields_in_arrays <= 1:  # nothing to disagree with
            return not undecided
        choices = [f.choice(leaves) for f, leaves in zip(self._by_name, found, strict=True)]
        return exists_together(choices, {})

    def explain(self, event: Mapping[str, Any]) -> list[str]:
        """A sentence per field that fails, in the pattern's order; empty when it matches."""
        if self.matches(event):
            return []
        for elements_open in (True, False):
            sentences = [
                field.mismatch(event, elements_open=elements_open) for field in self.fields
            ]
            if any(sentences):
                return [sentence for sentence in sentences if sentence is not None]
        names = [f'"{f.path.name}"' for f in self.fields if self._in_array(f, event)]
        together = "match in an array of the event, but not together in the same element"
        return [f"{' and '.join(names)} {together}."]

    @staticmethod
    def _in_array(field: Field, event: Mapping[str, Any]) -> bool:
        return any(element for _, element in field.path.leaves(event))


class Pattern:
    """A compiled pattern; build it with `compile_pattern`.

    `source` is its JSON text, `rules` are the ways through its $or lists: the pattern matches
    when any of them does.
    """

    __slots__ = ("dialect", "rules", "source")

    def __init__(self, source: str, dialect: Dialect, rules: Sequence[Rule]) -> None:
        self.source = source
        self.dialect = dialect
        self.rules = tuple(rules)

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether the parsed JSON event satisfies the pattern.

        What to pass: for EventBridge the whole envelope; for a filter policy on the body the
        parsed message; for a filter policy on attributes a dict of attribute name to value, a
        String as str, a Number as int or float, a String.Array as its decoded list, Binary left
        out; for a Lambda filter the record with its data already parsed.
        """
        for rule in self.rules:  # noqa: SIM110 - a generator costs a third of a simple match
            if rule.matches(event):
                return True
        return False

    def explain(self, event: Mapping[str, Any]) -> list[str]:
        """Why the event does not match: one sentence per failing field, empty if it does.

        A sentence that holds only for some branches of $or says for which.
        """
        explanations: list[list[str]] = []
        for rule in self.rules:
            sentences = rule.explain(event)
            if not sentences:
                return []
            explanations.append(sentences)
        if len(explanations) == 1:
            return explanations[0]
        common = [s for s in explanations[0] if all(s in others for others in explanations)]
        return common + [
            f"In $or combination {number} of {len(explanations)}: {sentence}"
            for number, sentences in enumerate(explanations, start=1)
            for sentence in sentences
            if sentence not in common
        ]
