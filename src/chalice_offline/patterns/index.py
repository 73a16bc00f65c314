"""Many patterns at once: which of them match an event, without trying them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from chalice_offline.patterns.paths import FieldPath

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from chalice_offline.patterns.pattern import Field, Pattern, Rule

KeyT = TypeVar("KeyT", bound="Hashable")

# A field name not indexed so far costs every event a look-up, so a rule takes a new one only if
# that spares it this many neighbours under a name that is already indexed.
_NEW_NAME_COST = 4


class _IndexedName:
    """One field name and, by the exact string a rule needs there, the entries that need it."""

    __slots__ = ("entries_by_value", "path")

    def __init__(self, name: str) -> None:
        self.path = FieldPath(name)
        self.entries_by_value: dict[str, dict[int, None]] = {}

    def entries(self, event: Mapping[str, Any]) -> Iterator[int]:
        for value, _ in self.path.leaves(event):
            if isinstance(value, str):
                yield from self.entries_by_value.get(value, ())


class PatternIndex(Generic[KeyT]):
    """Keys with their patterns, in insertion order.

    Each rule of a pattern is filed under one field for which it accepts only exact strings; an
    event is then tried against those patterns alone that need a string it has. The field is the
    one under which the fewest rules are filed so far. Patterns without such a field are always
    tried. Cost of a match: one look-up per indexed field name, and the candidates.
    """

    def __init__(self) -> None:
        self._sequence = 0
        self._entry_of: dict[KeyT, int] = {}
        self._patterns: dict[int, tuple[KeyT, Pattern]] = {}
        self._names: dict[str, _IndexedName] = {}
        self._always: dict[int, None] = {}
        self._filed: dict[int, list[tuple[str, str]]] = {}

    def __len__(self) -> int:
        return len(self._patterns)

    def add(self, key: KeyT, pattern: Pattern) -> None:
        """File a pattern. A key that is already there keeps its place and gets the new pattern."""
        entry = self._entry_of.get(key)
        if entry is None:
            self._sequence += 1
            entry = self._entry_of[key] = self._sequence
        else:
            self._unfile(entry)
        self._patterns[entry] = (key, pattern)
        self._file(entry, pattern)

    def discard(self, key: KeyT) -> None:
        """Forget a key; nothing happens when it is not there."""
        entry = self._entry_of.pop(key, None)
        if entry is not None:
            self._unfile(entry)
            del self._patterns[entry]

    def matching(self, event: Mapping[str, Any]) -> list[KeyT]:
        """Keys of all patterns that match the event, in the order they were first added."""
        candidates = dict(self._always)
        for name in self._names.values():
            candidates.update(dict.fromkeys(name.entries(event)))
        matched: list[KeyT] = []
        for entry in sorted(candidates):
            key, pattern = self._patterns[entry]
            if pattern.matches(event):
                matched.append(key)
        return matched

    def _file(self, entry: int, pattern: Pattern) -> None:
        chosen = [self._most_selective(rule) for rule in pattern.rules]
        self._filed[entry] = []
        if None in chosen:
            self._always[entry] = None
            return
        for field in chosen:
            if field is not None:
                self._file_under(entry, field)

    def _file_under(self, entry: int, field: Field) -> None:
        name = self._names.setdefault(field.path.name, _IndexedName(field.path.name))
        for value in field.literals:
            name.entries_by_value.setdefault(value, {})[entry] = None
            self._filed[entry].append((field.path.name, value))

    def _most_selective(self, rule: Rule) -> Field | None:
        exact = [field for field in rule.fields if field.literals]
        return min(exact, key=self._neighbours, default=None)

    def _neighbours(self, field: Field) -> int:
        name = self._names.get(field.path.name)
        if name is None:
            return _NEW_NAME_COST
        return sum(len(name.entries_by_value.get(value, ())) for value in field.literals)

    def _unfile(self, entry: int) -> None:
        self._always.pop(entry, None)
        for name, value in self._filed.pop(entry):
            indexed = self._names.get(name)
            if indexed is None:
                continue  # the same string was filed twice, by two branches of $or
            entries = indexed.entries_by_value.get(value, {})
            entries.pop(entry, None)
            if not entries:
                indexed.entries_by_value.pop(value, None)
            if not indexed.entries_by_value:
                del self._names[name]
