"""What Lambda refuses of tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.common.tags import counted
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.errors import invalid_parameter

if TYPE_CHECKING:
    from collections.abc import Mapping


def checked_tags(present: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of a resource with `more`; InvalidParameterValueException for too many."""
    tags = {**present, **more}
    if counted(tags) > limits.TAGS_MAX:
        raise invalid_parameter("Number of tags exceeds resource tag limit.")
    return tags
