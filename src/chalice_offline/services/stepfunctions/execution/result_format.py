"""WriterConfig: how the results of a distributed Map's executions are shown and written.

Source: "ResultWriter (Map)", Step Functions developer guide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.language.json_text import compact, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.services.stepfunctions.execution.children import Child

NONE, COMPACT, FLATTEN = "NONE", "COMPACT", "FLATTEN"


@dataclass(frozen=True, slots=True)
class ResultFormat:
    """What is given of each execution, and whether all of them are an array or lines of JSON.

    NONE gives an execution with its metadata, COMPACT its output, FLATTEN the items of an output
    that is an array. An execution that has failed is given with its metadata whatever is asked for.
    """

    transformation: str
    has_lines: bool

    @property
    def suffix(self) -> str:
        """What the names of files end with."""
        return "jsonl" if self.has_lines else "json"

    def texts(self, child: Child) -> list[str]:
        """Return the JSON of what one execution gives."""
        if self.transformation == NONE or child.status != "SUCCEEDED":
            return [compact(_with_metadata(child))]
        output = child.output_text or "null"
        if self.transformation == FLATTEN:
            value = parse(output)
            if isinstance(value, list):
                return [compact(item) for item in value]
        return [output]

    def output(self, values: list[Any]) -> Any:
        """Return the state's output, when nothing is written to S3."""
        return "\n".join(compact(value) for value in values) if self.has_lines else values


def format_of(definition: Mapping[str, Any]) -> ResultFormat:
    """Return what a state's ResultWriter asks for."""
    writer = definition["ResultWriter"]
    config = writer.get("WriterConfig", {})
    default = NONE if "Resource" in writer else COMPACT
    return ResultFormat(
        config.get("Transformation", default).upper(),
        has_lines=config.get("OutputType", "JSON").upper() == "JSONL",
    )


def _with_metadata(child: Child) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ExecutionArn": child.arn,
        "Input": child.input_text,
        "InputDetails": {"Included": True},
        "Name": child.name,
        "Status": child.status,
    }
    if child.status == "SUCCEEDED":
        return {**shown, "Output": child.output_text, "OutputDetails": {"Included": True}}
    return {**shown, "Error": child.error, "Cause": child.cause}
