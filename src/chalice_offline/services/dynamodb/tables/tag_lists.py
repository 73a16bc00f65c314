"""Lists of tags in requests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.errors import validation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Letters, spaces and digits of any language, and these ("Tagging restrictions in DynamoDB").
_ALLOWED = re.compile(r"[\w\s_.:/=+\-@]*")


def tags_given(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return AWS's list of tags as a dict; a key is there once."""
    given: dict[str, str] = {}
    for tag in tags:
        key, value = tag["Key"], tag["Value"]
        for text in (key, value):
            if not _ALLOWED.fullmatch(text):
                raise validation(
                    f"One or more parameter values were invalid: The tag {key}={value} contains "
                    "characters that are not allowed"
                )
        if key in given:
            raise validation(f"Duplicate tag keys are not allowed: {key}")
        given[key] = value
    return given


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse more tags than a table may have."""
    if len(tags) > limits.TAGS:
        raise validation(
            f"One or more parameter values were invalid: Too many tags: a resource can have at "
            f"most {limits.TAGS} tags"
        )
