"""What stands in a plan for values that are known only once a resource is made."""

from __future__ import annotations

from typing import Any


class Unknown(str):
    """A text that stands for a value to come; it is equal to nothing but itself."""

    __slots__ = ()


def later(what: str) -> Unknown:
    """Return the text for a value that is known only later; `what` tells it from all others."""
    return Unknown(f"{{{{changeSet:KNOWN_AFTER_APPLY:{what.translate(_NO_BRACES)}}}}}")


_NO_BRACES = str.maketrans("", "", "{}")


def is_unknown(value: Any) -> bool:
    """Whether a value has something in it that is not known yet."""
    if isinstance(value, dict):
        return any(is_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(is_unknown(item) for item in value)
    return isinstance(value, Unknown)


def joined(texts: list[str], separator: str = "") -> str:
    """Join texts; what is joined with something unknown is unknown."""
    text = separator.join(texts)
    return Unknown(text) if is_unknown(texts) else text
