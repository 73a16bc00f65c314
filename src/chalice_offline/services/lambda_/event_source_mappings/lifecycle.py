"""Carries mappings from state to state, and lets them read while they are Enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.event_source_mappings import states
from chalice_offline.services.lambda_.event_source_mappings.queue_mapping import QueueMapping
from chalice_offline.services.lambda_.event_source_mappings.stream_mapping import StreamMapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.services.lambda_.event_source_mappings.mapping import Mapping
    from chalice_offline.services.lambda_.function import Function
    from chalice_offline.services.lambda_.state import LambdaState


def begin(lambda_: LambdaState, mapping: Mapping, change: str, *, at_once: bool) -> None:
    """Put a mapping into the state that `change` leads to; it ends by itself.

    It ends when its time has come and nothing of what was read before still runs. `at_once`: for
    a caller like CloudFormation, which goes on when the change is over. Raises AwsError, and
    changes nothing, when the change may not begin.
    """
    mapping.state = states.begun(mapping.state, change)
    if not states.takes_time(mapping.state):
        return
    delay_ms = 0 if at_once else limits.MAPPING_CHANGE_MS
    due_ms = lambda_.kernel.now_ms + delay_ms

    def stopped() -> None:
        if at_once and lambda_.kernel.now_ms >= due_ms:
            _end(lambda_, mapping)
        else:
            lambda_.kernel.at(max(due_ms, lambda_.kernel.now_ms), lambda: _end(lambda_, mapping))

    _stop(mapping, stopped)


def suspend(lambda_: LambdaState, function: Function) -> None:
    """Read nothing for a function that was deleted; its mappings stay, as on AWS."""
    for mapping in lambda_.mappings.values():
        if mapping.function is function:
            _stop(mapping, _nothing)


def resume(lambda_: LambdaState, function: Function) -> None:
    """Let the mappings of a deleted function feed a new one of the same name."""
    for mapping in lambda_.mappings.values():
        if mapping.function.arn == function.arn:
            mapping.function = function
            _start(lambda_, mapping)


def end_all(lambda_: LambdaState) -> None:
    """Read nothing any more: Lambda is reset, and no mapping stays."""
    for mapping in lambda_.mappings.values():
        _stop(mapping, _nothing)
        mapping.stored = None  # what still runs moves no place that another mapping begins at


def begin_anew(lambda_: LambdaState, service: str) -> Callable[[], None]:
    """Let go of queues or streams of a service that is reset; returns what reads the new ones.

    What was received and not handed over is gone as well, and runs under way change nothing.
    """
    readers = [one for one in lambda_.mappings.values() if one.service == service]
    for mapping in readers:
        if mapping.receiver is not None:
            mapping.receiver.abandon()
        _stop(mapping, _nothing)
        if mapping.stored is not None:
            mapping.stored.forget()
        mapping.stored, mapping.progress = None, {}

    def go_on() -> None:
        for mapping in readers:
            if lambda_.mappings.get(mapping.uuid) is mapping and mapping.receiver is None:
                _start(lambda_, mapping)

    return go_on


def _end(lambda_: LambdaState, mapping: Mapping) -> None:
    mapping.state = states.ended(mapping.state, enabled=mapping.enabled)
    if mapping.state == states.GONE:
        del lambda_.mappings[mapping.uuid]
        if mapping.stored is not None:
            mapping.stored.forget()
    else:
        _start(lambda_, mapping)


def _start(lambda_: LambdaState, mapping: Mapping) -> None:
    if mapping.state != states.ENABLED or not lambda_.has(mapping.function.settings):
        return
    mapping.problem = ""
    receiver = StreamMapping if mapping.is_stream else QueueMapping
    mapping.receiver = receiver(lambda_.kernel, mapping)
    mapping.receiver.start()


def _stop(mapping: Mapping, stopped: Callable[[], None]) -> None:
    receiver, mapping.receiver = mapping.receiver, None
    if receiver is None:
        stopped()
    else:
        receiver.stop(stopped)


def _nothing() -> None:
    pass
