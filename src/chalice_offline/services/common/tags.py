"""Tags: AWS's lists of keys and values, and the dicts they are kept as."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chalice_offline.core.kernel import Result


def tags_of(listed: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return a request's list of tags as a dict; of a key that repeats, the last value."""
    return {tag["Key"]: tag["Value"] for tag in listed}


def tag_list(tags: Mapping[str, str]) -> Result:
    """Return a resource's tags as ListTagsForResource does."""
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def is_reserved(key: str) -> bool:
    """Whether only AWS itself may set a tag of this key."""
    return key.lower().startswith("aws:")


def counted(tags: Iterable[str]) -> int:
    """Return how many tags count towards a quota: AWS's own do not.

    Source: CloudFormation template reference, "CloudFormation resource tagging".
    """
    return sum(not is_reserved(key) for key in tags)


def untag(tags: dict[str, str], keys: Iterable[str]) -> None:
    """Take tags away; keys that are not there are fine."""
    for key in keys:
        tags.pop(key, None)
