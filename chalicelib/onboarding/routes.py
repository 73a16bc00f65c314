"""POST /stores/applications, its submission, and GET: a merchant's side of it."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.adapters.workflows import machine_beside
from chalicelib.channels.base import WebhookReply, read_json_object
from chalicelib.domain.errors import DomainError, InvalidPayload
from chalicelib.onboarding.application import (
    UPLOADS,
    Application,
    Progress,
    read_request,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bootstrap import Services

MACHINE = "store-onboarding"
MAX_BODY_BYTES = 10_000
UPLOAD_SECONDS = 3_600


class _Unknown(DomainError):  # noqa: N818 - a 404
    """There is no such application."""


def apply(services: Services, body: bytes, request_id: str) -> WebhookReply:
    """Take an application in, and say where its documents go."""

    def take() -> WebhookReply:
        if len(body) > MAX_BODY_BYTES:
            raise InvalidPayload("an application has at most 10 kB")
        merchant, email, store_id = read_request(read_json_object(body))
        application = Application(
            id=_new_id(services, request_id),
            merchant=merchant,
            email=email,
            store_id=store_id,
            created_ms=services.now_ms(),
        )
        services.applications.add(application)
        log.info("onboarding.applied", application=application.id, store=store_id)
        uploads = {
            name: services.files.upload_form(
                application.file_key(name), type_, most_bytes, UPLOAD_SECONDS
            )
            for name, (type_, most_bytes) in UPLOADS.items()
        }
        return _json(201, {**shown(application), "uploads": uploads})

    return _answered(take)


def submit(services: Services, application_id: str, function_arn: str) -> WebhookReply:
    """Hand an application to the workflow beside this function; its name is its id: twice is once.

    A step that fails after that is the workflow's to undo.
    """

    def take() -> WebhookReply:
        application = _known(services, application_id)
        if application.progress is Progress.APPLIED:
            services.applications.advance(
                application.id, Progress.SUBMITTED, since=(Progress.APPLIED,)
            )
        elif application.progress is not Progress.SUBMITTED:
            return _json(409, {"error": f"the application is {application.progress} already"})
        # Also when it was submitted before: a crash may have come between.
        machine = machine_beside(function_arn, MACHINE)
        services.workflows.begin(machine, application.id, {"application_id": application.id})
        return _json(202, shown(_known(services, application_id)))

    return _answered(take)


def status(services: Services, application_id: str) -> WebhookReply:
    """Say how far an application has come."""
    return _answered(lambda: _json(200, shown(_known(services, application_id))))


def _new_id(services: Services, request_id: str) -> str:
    """Return an id that nobody guesses: whoever has it may go on with the application."""
    key = services.secrets.get().approval_key.encode()
    return hmac.new(key, f"application\n{request_id}".encode(), hashlib.sha256).hexdigest()[:32]


def _known(services: Services, application_id: str) -> Application:
    found = services.applications.get(application_id)
    if found is None:
        raise _Unknown
    return found


def _answered(reply: Callable[[], WebhookReply]) -> WebhookReply:
    try:
        return reply()
    except _Unknown:
        return _json(404, {"error": "there is no such application"})
    except InvalidPayload as error:
        return _json(400, {"error": str(error)})
    except DomainError as error:
        log.error("onboarding.unavailable", reason=str(error))
        return _json(503, {"error": "please try again in a minute"})


def _json(status_: int, body: dict[str, Any]) -> WebhookReply:
    return WebhookReply(status_, json.dumps(body), {"Content-Type": "application/json"})
