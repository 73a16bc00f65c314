"""FilterCriteria: which records of a source a function wants to see."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from chalice_offline.patterns import LAMBDA_FILTER, PatternError, compile_pattern
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.errors import invalid_parameter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalice_offline.patterns import Pattern


class RecordFilter:
    """Up to five patterns; a record passes when one of them matches, or when there is none.

    What a pattern is held against differs by `service` (AWS Lambda developer guide, "Event
    filtering"): an SQS record with its `body`; the inside of a Kinesis record with its `data`
    decoded; a DynamoDB stream record as it is. `body` and `data` are parsed as JSON only where
    the pattern asks for fields within them.
    """

    def __init__(self, criteria: dict[str, Any] | None, service: str) -> None:
        """Compile; raises InvalidParameterValueException for a pattern that is none."""
        self.criteria = criteria if criteria and criteria.get("Filters") else {}
        self._is_kinesis = service == "kinesis"
        self._body_key = "data" if self._is_kinesis else "body"
        filters = self.criteria.get("Filters", [])
        if len(filters) > limits.FILTERS_MAX:
            raise invalid_parameter(
                f"Too many filters: at most {limits.FILTERS_MAX} for an event source mapping"
            )
        self._patterns = [self._compile(wanted) for wanted in filters]

    def wants(self, record: dict[str, Any]) -> bool:
        """Whether the function is to see this record."""
        if not self._patterns:
            return True
        return any(pattern.matches(seen) for pattern, seen in self.views(record))

    def views(self, record: dict[str, Any]) -> Iterator[tuple[Pattern, dict[str, Any]]]:
        """Yield each pattern with what it is held against."""
        seen = _kinesis_view(record) if self._is_kinesis else record
        for pattern, structured in self._patterns:
            yield pattern, self._with_parsed_body(seen) if structured else seen

    def _compile(self, wanted: dict[str, Any]) -> tuple[Pattern, bool]:
        text = wanted.get("Pattern", "{}")
        try:
            pattern = compile_pattern(text, LAMBDA_FILTER)
        except PatternError as error:
            raise invalid_parameter("Invalid filter pattern definition.") from error
        return pattern, isinstance(json.loads(text).get(self._body_key), dict)

    def _with_parsed_body(self, record: dict[str, Any]) -> dict[str, Any]:
        try:
            parsed = json.loads(record.get(self._body_key, ""))
        except ValueError:
            return record  # plain text where the pattern wants fields: it will not match
        return record | {self._body_key: parsed}


class FilterMisses:
    """What each filter of a mapping missed in a record, worked out when somebody asks.

    Stands in the journal in place of the sentences, which cost more than the match.
    """

    __slots__ = ("_filter", "_record")

    def __init__(self, record_filter: RecordFilter, record: dict[str, Any]) -> None:
        """Remember a filter and a record that it does not want."""
        self._filter = record_filter
        self._record = record

    @property
    def journal_holds(self) -> Mapping[str, Any]:
        """What the journal keeps alive by keeping this; it counts that as its own."""
        return self._record

    def sentences(self) -> Iterator[str]:
        """Yield a sentence per filter and failing field."""
        for number, (pattern, seen) in enumerate(self._filter.views(self._record), 1):
            for sentence in pattern.explain(seen):
                yield f"Filter {number}: {sentence}"

    def __str__(self) -> str:
        return "\n".join(self.sentences())


def _kinesis_view(record: dict[str, Any]) -> dict[str, Any]:
    inner: dict[str, Any] = record["kinesis"]
    return inner | {"data": base64.b64decode(inner["data"]).decode(errors="replace")}
