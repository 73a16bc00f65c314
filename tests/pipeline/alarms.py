"""What CloudWatch would make of the log lines: metrics (EMF), and the alarms of the template.

The emulator's CloudWatch keeps alarms and evaluates none, so this does: aligned periods, the
statistics that the template uses, M of N data points, missing data as the alarm says. (CloudWatch
user guide, "Evaluating an alarm"; "Specification: Embedded metric format".)
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TEMPLATE = json.loads(
    (Path(__file__).parents[2] / ".chalice/resources.json").read_text(encoding="utf-8")
)
OURS = "OrderMiddleware"
PREFIX = "order-middleware-${Stage}-"

Name = tuple[str, frozenset[tuple[str, str]]]
Samples = dict[Name, list[tuple[int, float]]]
Alarm = dict[str, Any]


def ours() -> dict[str, Alarm]:
    """Return the alarms on the app's own metrics, by the end of their names."""
    found = {}
    for resource in TEMPLATE["Resources"].values():
        properties = resource["Properties"]
        if resource["Type"] != "AWS::CloudWatch::Alarm":
            continue
        if "Metrics" in properties or properties["Namespace"] == OURS:
            found[properties["AlarmName"]["Fn::Sub"].removeprefix(PREFIX)] = properties
    return found


def sources(alarm: Alarm) -> dict[str, dict[str, Any]]:
    """Return what an alarm reads, by id: Namespace, MetricName, Dimensions, Stat, Period."""
    if "Metrics" not in alarm:
        return {"": alarm | {"Stat": alarm.get("Statistic") or alarm["ExtendedStatistic"]}}
    stats = {one["Id"]: one["MetricStat"] for one in alarm["Metrics"] if "MetricStat" in one}
    return {id_: stat["Metric"] | {"Stat": stat["Stat"], "Period": stat["Period"]} for id_, stat
            in stats.items()}  # fmt: skip


def samples(lines: Iterable[Mapping[str, Any]]) -> Samples:
    """Return every value that CloudWatch takes out of the lines."""
    found: Samples = defaultdict(list)
    for line in lines:
        at_ms = line["_aws"]["Timestamp"]
        for directive in line["_aws"]["CloudWatchMetrics"]:
            assert directive["Namespace"] == OURS
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, line[name]) for name in names)
                for metric in directive["Metrics"]:
                    found[metric["Name"], dimensions].append((at_ms, line[metric["Name"]]))
    return found


def went_off(lines: Sequence[Mapping[str, Any]], until_ms: int) -> dict[str, int]:
    """Return which alarms went off, and when first (milliseconds since the epoch)."""
    found = {}
    values = samples(lines)
    for name, alarm in ours().items():
        when = _times(alarm, values, until_ms)
        if when:
            found[name] = when[0]
    return found


def is_on(name: str, lines: Sequence[Mapping[str, Any]], now_ms: int) -> bool:
    """Say whether an alarm is on at an instant."""
    alarm = ours()[name]
    period_ms = _period_ms(alarm)
    times = _times(alarm, samples(lines), now_ms)
    return bool(times) and times[-1] == now_ms // period_ms * period_ms


def _times(alarm: Alarm, values: Samples, until_ms: int) -> list[int]:
    """Return the ends of all periods at which the alarm is on."""
    period_ms = _period_ms(alarm)
    points = _points(alarm, values, period_ms)
    if not points:
        return []
    many, enough = alarm["EvaluationPeriods"], alarm.get("DatapointsToAlarm")
    found = []
    last = until_ms // period_ms
    for end in range(min(points) + 1, last + 1):
        window = [points.get(number) for number in range(end - many, end)]
        breaching = sum(_breaches(alarm, value) for value in window)
        if breaching >= (enough or many):
            found.append(end * period_ms)
    return found


def _period_ms(alarm: Alarm) -> int:
    (period,) = {source["Period"] for source in sources(alarm).values()}
    return int(period) * 1000


def _points(alarm: Alarm, values: Samples, period_ms: int) -> dict[int, float]:
    by_source: dict[str, dict[int, float]] = {}
    for id_, source in sources(alarm).items():
        dimensions = frozenset((one["Name"], one["Value"]) for one in source.get("Dimensions", []))
        periods: dict[int, list[float]] = defaultdict(list)
        for at_ms, value in values.get((source["MetricName"], dimensions), []):
            periods[at_ms // period_ms].append(value)
        by_source[id_] = {n: _statistic(source["Stat"], all_) for n, all_ in periods.items()}
    if "Metrics" not in alarm:
        return by_source[""]
    (expression,) = [one["Expression"] for one in alarm["Metrics"] if "Expression" in one]
    everywhere = set.intersection(*(set(points) for points in by_source.values()))
    return {
        number: _evaluated(expression, {id_: points[number] for id_, points in by_source.items()})
        for number in everywhere
    }


def _evaluated(expression: str, values: dict[str, float]) -> float:
    """Metric math is Python as far as the template uses it."""
    scope = {"IF": lambda test, then, otherwise: then if test else otherwise, "__builtins__": {}}
    return float(eval(expression.replace(" AND ", " and "), scope, values))


def _statistic(name: str, values: list[float]) -> float:
    if name.startswith("p"):
        ordered = sorted(values)
        return ordered[max(0, math.ceil(float(name[1:]) / 100 * len(ordered)) - 1)]
    return {"Sum": sum, "Maximum": max, "Minimum": min}[name](values)


def _breaches(alarm: Alarm, value: float | None) -> bool:
    if value is None:
        return bool(alarm["TreatMissingData"] == "breaching")
    threshold = alarm["Threshold"]
    if alarm["ComparisonOperator"] == "LessThanThreshold":
        return bool(value < threshold)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    return bool(value > threshold)
