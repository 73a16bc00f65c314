"""`app.current_request` and `app.lambda_context`: each run has its own.

Chalice keeps both on the app object. Here runs of all functions share that object, so it is given a
class of its own on which both belong to the context a run executes in; threads that a handler
starts inherit it.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalice import Chalice

_OURS = "_chalice_offline_present_request"


def keep_requests_apart(app: Chalice) -> None:
    """Let every run see its own request and context, and None where it has none."""
    kind = type(app)
    if hasattr(kind, _OURS):
        return
    members = {
        _OURS: True,
        "current_request": _own("current_request"),
        "lambda_context": _own("lambda_context"),
    }
    app.__class__ = type(kind.__name__, (kind,), members)


def _own(name: str) -> property:
    value: ContextVar[Any] = ContextVar(name, default=None)

    def get(_app: Any) -> Any:
        return value.get()

    def put(_app: Any, given: Any) -> None:
        value.set(given)

    return property(get, put)
