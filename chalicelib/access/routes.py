"""The operator's side: to ask, to decide, to look, to see what happened. Signed calls only.

API Gateway checks the signature and says whose it was (userArn); who may call at all is IAM's
business (execute-api:Invoke). A call without a caller is refused: `chalice local` has none.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.access.requests import (
    ASK_SECONDS,
    KIND,
    Request,
    read_reason,
    read_request,
    same_person,
)
from chalicelib.adapters.functions import FunctionFailed
from chalicelib.adapters.workflows import machine_beside
from chalicelib.approvals.decisions import decide, open_question
from chalicelib.approvals.links import LinkInvalid
from chalicelib.channels.base import WebhookReply, read_json_object
from chalicelib.domain.errors import DomainError, InvalidPayload

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.adapters.approval_table import Question
    from chalicelib.bootstrap import Services

MACHINE = "break-glass"
MAX_BODY_BYTES = 4_096


class _Refused(DomainError):  # noqa: N818 - a status and a sentence
    """Not so, or not by you."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def ask(
    services: Services, body: bytes, caller: str, request_id: str, function_arn: str
) -> WebhookReply:
    """POST /access/requests: begin the workflow. The request's id is the call's: twice is once."""

    def take() -> WebhookReply:
        data = _body(body)
        _signed(caller)
        request = Request(
            id=hashlib.sha256(request_id.encode()).hexdigest()[:20],
            requester=caller,
            asked_ms=services.now_ms(),
            **read_request(data),
        )
        services.access.ask(request)
        machine = machine_beside(function_arn, MACHINE)
        begun = {"request_id": request.id, "seconds": ASK_SECONDS}
        services.workflows.begin(machine, request.id, begun)
        log.warning("access.asked", request=request.id, requester=caller, queue=request.queue)
        return _json(202, request.shown())

    return _answered(take)


def show(services: Services, request_id: str, caller: str) -> WebhookReply:
    """GET /access/requests/{id}: the request with its audit trail."""

    def take() -> WebhookReply:
        _signed(caller)
        request = _known(services, request_id)
        return _json(200, {**request.shown(), "trail": services.access.trail(request_id)})

    return _answered(take)


def decide_on(services: Services, link: str, body: bytes, caller: str) -> WebhookReply:
    """POST /access/decisions/{link}: somebody else than the requester approves or rejects."""

    def take() -> WebhookReply:
        data = _body(body)
        _signed(caller)
        reason = read_reason(data.get("reason"))
        try:
            question = open_question(services, link)
            if question.kind != KIND:
                raise LinkInvalid("it is no question about access")
            decision = str(data.get("decision"))
            decided = decide(
                services, question, decision, caller, reason, _second(services, caller)
            )
        except LinkInvalid as error:
            log.warning("approval.link_refused", reason=str(error))
            raise _Refused(404, "This link is not valid.") from error
        return _json(200, {"decided": decided})

    return _answered(take)


def look(
    services: Services, request_id: str, caller: str, look_id: str, function_arn: str
) -> WebhookReply:
    """POST /access/requests/{id}/messages: dead letters of the request's store, for the requester.

    Another function looks: this one, which the whole world calls, may read no queue. The look's id
    is the call's: however often that function is called for it, it looks once.
    """

    def take() -> WebhookReply:
        _signed(caller)
        data = {"request_id": request_id, "caller": caller, "look": look_id}
        try:
            return _json(200, services.functions.call(f"{function_arn}-access_use", data))
        except FunctionFailed as failure:
            if failure.error in ("NotOpen", "UnknownRequest"):
                raise _Refused(403, "there is no access open to you by that id") from failure
            if failure.error == "LookedAlready":
                raise _Refused(409, "the answer to this look got lost: look again") from failure
            raise

    return _answered(take)


def _second(services: Services, caller: str) -> Callable[[Question], None]:
    def check(question: Question) -> None:
        if same_person(_known(services, question.subject).requester, caller):
            raise _Refused(403, "somebody else than the one who asks has to decide")

    return check


def _signed(caller: str) -> None:
    if not caller:
        raise _Refused(403, "the call must be signed: nobody knows who you are")


def _known(services: Services, request_id: str) -> Request:
    request = services.access.get(request_id)
    if request is None:
        raise _Refused(404, "there is no such request")
    return request


def _body(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_BODY_BYTES:
        raise InvalidPayload(f"the body has more than {MAX_BODY_BYTES} bytes")
    return dict(read_json_object(body))


def _answered(reply: Callable[[], WebhookReply]) -> WebhookReply:
    try:
        return reply()
    except _Refused as refused:
        return _json(refused.status, {"error": str(refused)})
    except InvalidPayload as error:
        return _json(400, {"error": str(error)})
    except DomainError as error:
        log.error("access.unavailable", reason=str(error))
        return _json(503, {"error": "please try again in a minute"})


def _json(status: int, body: dict[str, Any]) -> WebhookReply:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return WebhookReply(status, json.dumps(body), headers)
