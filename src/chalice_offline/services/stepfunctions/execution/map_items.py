"""The items of a Map, and what each iteration receives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.language import jsonata, templates
from chalice_offline.services.stepfunctions.language.failures import (
    evaluation_failure,
    runtime_failure,
)
from chalice_offline.services.stepfunctions.language.json_text import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.services.stepfunctions.execution.state_run import StateRun


def processor_of(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the block of states that handles an item; its old name is Iterator."""
    processor: Mapping[str, Any] = definition.get("ItemProcessor") or definition["Iterator"]
    return processor


def is_distributed(processor: Mapping[str, Any]) -> bool:
    """Whether each item is handled by an execution of its own."""
    return bool(processor.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED")


def items_of(run: StateRun) -> list[Any]:
    """Return the array (or an object's entries) that the state iterates over."""
    if run.is_jsonata:
        return _jsonata_items(run)
    path = run.definition.get("ItemsPath", "$")
    items = templates.path_value(path, run.sources.with_data(run.input))
    if not isinstance(items, list):
        raise runtime_failure(f'Reference path "{path}" must point to array.')
    return items


def _jsonata_items(run: StateRun) -> list[Any]:
    if "Items" not in run.definition:
        if not isinstance(run.input, list):
            shown = compact(run.input)
            raise evaluation_failure(f"Map state input must be an array but was: {shown}", None)
        return run.input
    given = run.definition["Items"]
    items = jsonata.fill(given, run.sources, "Items")
    found: list[Any] = jsonata.expect(items, given, "Items", list)
    return found


def selected(run: StateRun, item: Any, index: int) -> Any:
    """Return what an iteration receives: the item, or what ItemSelector makes of it."""
    definition = run.definition
    selector = definition.get("ItemSelector", definition.get("Parameters"))
    if selector is None:
        return item
    context = {**run.sources.context, "Map": {"Item": {"Index": index, "Value": item}}}
    sources = run.sources.with_context(context)
    if run.is_jsonata:
        return jsonata.fill(selector, sources, "ItemSelector")
    return templates.fill(selector, sources.with_data(run.input))
