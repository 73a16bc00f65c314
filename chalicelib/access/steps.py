"""The steps of the workflow break-glass. Each may be taken twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.access.requests import Access, Request, same_person
from chalicelib.approvals.decisions import Asked
from chalicelib.approvals.decisions import ask as ask_person
from chalicelib.domain.errors import DomainError
from chalicelib.domain.events import Event, event_id, iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bootstrap import Services

Data = dict[str, Any]


class UnknownRequest(DomainError):  # noqa: N818 - what it is
    """There is no such request."""


def ask(services: Services, data: Data) -> Data:
    """Ask a second person: whoever subscribed to the topic of approvals gets the link."""
    request = known(services, data["request_id"])
    told = {
        "Who": request.requester,
        "Queue": request.queue,
        "Store": request.store,
        "Why": request.reason,
        "Minutes": str(request.minutes),
    }
    url = ask_person(services, Asked("access", request.id, told), data["token"], data["seconds"])
    lines = [f"{name}: {value}" for name, value in told.items()]
    link = url.rpartition("/")[2]
    how = (
        "Decide by a signed call, not being the one who asks: POST "
        f'{services.config.public_url}/access/decisions/{link} with {{"decision": "approve" or '
        '"reject", "reason": "…"}. docs/DEPLOY.md, Runbook: break glass, has the command.'
    )
    services.topics.publish(
        data["topic"], f"Break glass: {request.queue}?", "\n".join([*lines, "", how])
    )
    return {}


def open_(services: Services, data: Data) -> Data:
    """Let the requester in, once it is certain that it will end.

    The schedule that ends it comes first: if this dies before the access is written, something
    ends that never began. `decided_ms` is the same in every try, and so is the end.
    """
    request = known(services, data["request_id"])
    if request.state is Access.OPEN:  # a crash came before it was told, or after
        publish(services, request, "access.opened", data["reason"])
    if request.state is not Access.ASKED:
        return request.shown()
    if not data["by"] or same_person(request.requester, data["by"]):
        return _refused(services, request, Access.REFUSED, "", "nobody else decided")
    ends_ms = int(data["decided_ms"]) + request.minutes * 60_000
    if services.now_ms() >= ends_ms:  # tried for so long that it would end before it begins
        return _refused(services, request, Access.EXPIRED, data["by"], "it could not be opened")
    services.schedules.once(
        f"break-glass-{request.id}",
        ends_ms,
        data["machine"],
        data["schedule_role"],
        {"end": request.id},
    )
    told = {"by": data["by"], "reason": data["reason"], "ends": iso(ends_ms)}
    opened = services.access.change(
        request, Access.OPEN, services.now_ms(), told, approver=data["by"], ends_ms=ends_ms
    )
    if opened is None:
        return known(services, request.id).shown()
    publish(services, opened, "access.opened", data["reason"])
    return opened.shown()


def refuse(services: Services, data: Data) -> Data:
    """Note that nobody is let in, and why; what was opened and could not be told is taken back."""
    request = known(services, data["request_id"])
    if request.state is Access.OPEN and data["error"] == "Failed":
        return _refused(services, request, Access.REVOKED, data["by"], data["cause"])
    to = Access.EXPIRED if data["error"] == "Expired" else Access.REFUSED
    return _refused(services, request, to, data["by"], data["cause"])


def _refused(services: Services, request: Request, to: Access, by: str, why: str) -> Data:
    if request.state is Access.ASKED or to is Access.REVOKED:
        told = {"by": by, "reason": why}
        request = services.access.change(request, to, services.now_ms(), told) or request
    if request.state is to:  # also when this step died before it was told
        type_ = "access.revoked" if to is Access.REVOKED else "access.refused"
        publish(services, request, type_, why)
    return request.shown()


STEPS: dict[str, Callable[[Services, Data], Data]] = {"ask": ask, "open": open_, "refuse": refuse}


def take_step(services: Services, step: str, data: Data) -> Data:
    """Take a step of the workflow."""
    return STEPS[step](services, data)


def known(services: Services, request_id: str) -> Request:
    """Return a request, or raise UnknownRequest."""
    request = services.access.get(request_id)
    if request is None:
        raise UnknownRequest(f"there is no request {request_id}")
    return request


def publish(services: Services, request: Request, type_: str, why: str) -> None:
    """Tell the bus: who looks at security subscribes there."""
    data = {
        "queue": request.queue,
        "storeId": request.store,
        "requester": request.requester,
        "approver": request.approver,
        "why": why,
    }
    id_ = event_id(type_, request.id, request.state)
    services.bus.publish([Event(id_, type_, request.id, services.now_ms(), data)])
    log.warning(type_, request=request.id, queue=request.queue, requester=request.requester)
