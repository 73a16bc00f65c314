"""Puts an emulator together: which services it has, and what hears of delegated writes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chalice_offline.core.http import Headers, HttpResponse
from chalice_offline.core.kernel import Service
from chalice_offline.services import lambda_
from chalice_offline.services.events import Events
from chalice_offline.services.s3 import S3
from chalice_offline.services.scheduler import Scheduler
from chalice_offline.services.sns import Sns
from chalice_offline.services.sqs import Sqs

if TYPE_CHECKING:
    from chalice_offline.emulator import Emulator
    from chalice_offline.services.lambda_ import LambdaState


def add_services(emulator: Emulator) -> LambdaState:
    """Fit every service; return Lambda, with which functions are registered."""
    registry = emulator.registry
    registry.add(Service("sqs", Sqs(emulator), {**Sqs.operations}))
    sns = Sns(emulator)
    registry.add(Service("sns", sns, {**sns.operations}))
    emulator.pages[sns.certificate_path] = lambda _request: HttpResponse(
        200, Headers([("content-type", "application/x-pem-file")]), sns.certificate_pem()
    )
    registry.add(Service("events", Events(emulator), {**Events.operations}))
    registry.add(Service("scheduler", Scheduler(emulator), {**Scheduler.operations}))
    functions = lambda_.service(emulator)
    state: LambdaState = functions.state
    registry.add(functions)
    emulator.pages[lambda_.PACKAGES_PATH] = partial(lambda_.package_page, state)
    emulator.delegated.preparations["logs"] = state.logs.write
    s3 = S3(emulator)
    registry.add(Service("s3", s3, {**S3.operations}), rest_delegated=True)
    emulator.delegated.observers["s3"] = s3.observe
    for streaming in ("kinesis", "dynamodb"):
        emulator.delegated.observers[streaming] = partial(lambda_.observe, state)
    return state
