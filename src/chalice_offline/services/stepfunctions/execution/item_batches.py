"""ItemBatcher: several items for one execution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.execution.state_run import number_field
from chalice_offline.services.stepfunctions.language import jsonata, templates
from chalice_offline.services.stepfunctions.language.json_text import compact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.services.stepfunctions.execution.state_run import StateRun


def batches(run: StateRun, items: Iterator[Any]) -> Iterator[tuple[Any, int]]:
    """Return the input of each execution, and how many items it has."""
    batcher = run.definition.get("ItemBatcher")
    if batcher is None:
        for item in items:
            yield item, 1
        return
    definition, run.definition = run.definition, batcher
    try:
        count = number_field(run, "MaxItemsPerBatch") or 0
        size = number_field(run, "MaxInputBytesPerBatch") or 0
    finally:
        run.definition = definition
    shared = _shared(run, batcher)
    base = len(compact({**shared, "Items": []}).encode())
    batch: list[Any] = []
    length = base
    for item in items:
        item_bytes = len(compact(item).encode()) + 1
        if batch and ((count and len(batch) >= count) or (size and length + item_bytes > size)):
            yield {**shared, "Items": batch}, len(batch)
            batch, length = [], base
        batch.append(item)
        length += item_bytes
    if batch:
        yield {**shared, "Items": batch}, len(batch)


def _shared(run: StateRun, batcher: Any) -> dict[str, Any]:
    if "BatchInput" not in batcher:
        return {}
    if run.is_jsonata:
        filled = jsonata.fill(batcher["BatchInput"], run.sources, "ItemBatcher/BatchInput")
    else:
        filled = templates.fill(batcher["BatchInput"], run.sources.with_data(run.input))
    return {"BatchInput": filled}
