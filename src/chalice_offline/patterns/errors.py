"""Why a pattern was refused, in AWS's own words."""

from __future__ import annotations

# Jackson, AWS's JSON parser, quotes at most this much of the source in an error location.
_SNIPPET_CHARACTERS = 500


class PatternError(Exception):
    """A pattern that AWS refuses.

    `reason` is AWS's text without any service's prefix. `line` and `column` (both from 1) are
    where AWS's parser stood; both are None for reasons that AWS gives without a place
    (malformed CIDR blocks, limits on the whole pattern). `source` is the JSON text.
    `whole_message` is True for a reason that SNS reports alone, without the prefix
    "FilterPolicy: " that all its other reasons carry.
    """

    def __init__(
        self,
        reason: str,
        line: int | None = None,
        column: int | None = None,
        *,
        source: str = "",
        whole_message: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column
        self.source = source
        self.whole_message = whole_message

    @property
    def located_reason(self) -> str:
        r"""The reason followed by `\n at [Source: …]`, as EventBridge and SNS report it."""
        if self.line is None or self.column is None:
            return self.reason
        return f"{self.reason}\n at {describe_location(self.source, self.line, self.column)}"


def describe_location(source: str, line: int, column: int) -> str:
    """A place in a JSON text as Jackson writes it, with at most 500 characters of the text."""
    snippet = f'(String)"{source[:_SNIPPET_CHARACTERS]}"'
    if len(source) > _SNIPPET_CHARACTERS:
        snippet += f"[truncated {len(source) - _SNIPPET_CHARACTERS} chars]"
    return f"[Source: {snippet}; line: {line}, column: {column}]"
