"""What a stack says it has made: outputs, and the exports among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.cloudformation.errors import format_error
from chalice_offline.services.cloudformation.property_text import text

if TYPE_CHECKING:
    from chalice_offline.services.cloudformation.intrinsics import Intrinsics
    from chalice_offline.services.cloudformation.stack import TemplateVersion


def outputs_of(version: TemplateVersion, values: Intrinsics) -> list[dict[str, str]]:
    """Return the outputs as DescribeStacks shows them; raises ValidationError."""
    shown = []
    for name, output in version.template.outputs.items():
        if not values.is_included(name):
            continue
        value = values.resolve(output["Value"])
        if isinstance(value, dict | list):
            raise format_error("The Value field of every Outputs member must evaluate to a String.")
        one = {"OutputKey": name, "OutputValue": text(value)}
        if "Description" in output:
            one["Description"] = text(output["Description"])
        if "Export" in output:
            one["ExportName"] = text(values.resolve(output["Export"])["Name"])
        shown.append(one)
    return shown
