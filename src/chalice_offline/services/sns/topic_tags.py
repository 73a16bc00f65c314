"""How many tags a topic may have, and no key twice."""

from __future__ import annotations

from typing import Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.common.tags import counted, tags_of
from chalice_offline.services.sns.errors import invalid_parameter
from chalice_offline.services.sns.limits import TAGS_MAX


def checked_tags(listed: list[dict[str, Any]]) -> dict[str, str]:
    """Return a list of tags as a dict; raises when a key repeats or they are too many."""
    by_key = tags_of(listed)
    if len(by_key) != len(listed):
        raise invalid_parameter("Duplicated keys are not allowed.")
    check_count(by_key)
    return by_key


def check_count(tags: dict[str, str]) -> None:
    """Raise for more tags than a topic may have."""
    if counted(tags) > TAGS_MAX:
        raise AwsError(
            "TagLimitExceededException",
            "Could not complete request: tag quota of per resource exceeded",
        )
