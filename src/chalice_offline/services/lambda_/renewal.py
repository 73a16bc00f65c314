"""A reset of Lambda, and what Lambda does when a service that it reads was reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.lambda_.event_source_mappings import lifecycle
from chalice_offline.services.lambda_.state import LambdaState

if TYPE_CHECKING:
    from collections.abc import Callable


def renewed(lambda_: LambdaState) -> LambdaState:
    """Return Lambda without functions and mappings.

    Runs under way come to their end, and who waits for one is answered; nothing follows from it: no
    other try, no destination. What a mapping had received and not handed over returns to its queue.
    """
    lifecycle.end_all(lambda_)
    for function in lambda_.all_functions():
        function.was_reset = True
        function.next_tries.clear()
    storage = lambda_.kernel.storage
    for name in storage.names("lambda/"):
        storage.drop(name)
    fresh = LambdaState(lambda_.kernel)
    fresh.logs = lambda_.logs  # of CloudWatch Logs, in which they are not yet
    return fresh


def neighbour_reset(lambda_: LambdaState, service: str) -> Callable[[], None]:
    """Let go of what was read of a service that is reset; read from the beginning afterwards.

    CloudWatch Logs does not get the lines that it was to have.
    """
    if service == "logs":
        lambda_.logs.forget()
    return lifecycle.begin_anew(lambda_, service)
