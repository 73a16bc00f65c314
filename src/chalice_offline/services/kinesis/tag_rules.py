"""What tags of streams may look like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_offline.services.common.tags import counted
from chalice_offline.services.kinesis import limits
from chalice_offline.services.kinesis.errors import invalid_argument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_VALID = re.compile(r"[\w\s.:/=+\-@]*")


def check_tags(name: str, account_id: str, tags: Mapping[str, str], had: int = 0) -> None:
    """Raise InvalidArgumentException for characters AWS does not take, or too many tags.

    `had` counts the tags that stay beside these.
    """
    check_tag_texts(name, account_id, (*tags, *tags.values()), "add tags to")
    if had + counted(tags) > limits.TAGS_PER_STREAM:
        raise invalid_argument(
            f"Failed to add tags to stream {name} under account {account_id} because a given "
            f"stream cannot have more than {limits.TAGS_PER_STREAM} tags associated with it."
        )


def check_tag_texts(name: str, account_id: str, texts: Iterable[str], doing: str) -> None:
    """Raise InvalidArgumentException for characters AWS does not take."""
    if all(_VALID.fullmatch(text) for text in texts):
        return
    raise invalid_argument(
        f"Failed to {doing} stream {name} under account {account_id} because some tags contained "
        "illegal characters. The allowed characters are Unicode letters, white-spaces, "
        "'_',',','/','=','+','-','@'."
    )
