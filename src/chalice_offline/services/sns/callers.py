"""What a request's own headers say about the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext


def trace_header_of(context: CallContext) -> str:
    """Return the X-Ray header of a request, "" when it has none."""
    return str(getattr(context, "trace_header", ""))


def is_signed(context: CallContext) -> bool | None:
    """Whether a request has credentials; None when the door does not say.

    The links in messages, SubscribeURL and UnsubscribeURL, are followed without.
    """
    signed: bool | None = getattr(context, "signed", None)
    return signed
