"""The steps of the workflow break-glass. Each may be taken twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from chalicelib import log
from chalicelib.access.requests import ALL_STORES, KIND, Access, News, Request, same_person
from chalicelib.approvals.decisions import Asked, written_approval
from chalicelib.approvals.decisions import ask as ask_person
from chalicelib.domain.errors import DomainError
from chalicelib.domain.events import Event, event_id, iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.adapters.access_table import AccessTable
    from chalicelib.adapters.event_bus import EventBus
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
        "Store": "all stores" if request.store == ALL_STORES else request.store,
        "Why": request.reason,
        "Minutes": str(request.minutes),
    }
    url = ask_person(services, Asked(KIND, request.id, told), data["token"], data["seconds"])
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
    relay(services, request)  # a crash came before it was told
    if request.state is not Access.ASKED:
        return request.shown()
    if not _is_approved(services, request, data) or same_person(request.requester, data["by"]):
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
        request,
        Access.OPEN,
        services.now_ms(),
        told,
        News("access.opened", Access.OPEN, data["reason"]),
        approver=data["by"],
        ends_ms=ends_ms,
    )
    if opened is None:
        return known(services, request.id).shown()
    relay(services, opened)
    return opened.shown()


def _is_approved(services: Services, request: Request, data: Data) -> bool:
    """Say whether the approval is written down as this result of the task tells it."""
    written = written_approval(services, data["question"], KIND, request.id)
    is_so = written is not None and bool(data["by"]) and written["by"] == data["by"]
    if not is_so:
        log.error("access.forged", request=request.id, by=data["by"])
    return is_so


def refuse(services: Services, data: Data) -> Data:
    """Note that nobody is let in, and why; what was opened and could not be told is taken back."""
    request = known(services, data["request_id"])
    if request.state is Access.OPEN and data["error"] == "Failed":
        return _refused(services, request, Access.REVOKED, data["by"], data["cause"])
    to = Access.EXPIRED if data["error"] == "Expired" else Access.REFUSED
    return _refused(services, request, to, data["by"], data["cause"])


def _refused(services: Services, request: Request, to: Access, by: str, why: str) -> Data:
    if request.state is Access.ASKED or to is Access.REVOKED:
        type_ = "access.revoked" if to is Access.REVOKED else "access.refused"
        told = {"by": by, "reason": why}
        now_ms, news = services.now_ms(), News(type_, to, why)
        request = services.access.change(request, to, now_ms, told, news) or request
    relay(services, request)  # also when this step died before it was told
    return request.shown()


STEPS: dict[str, Callable[[Services, Data], Data]] = {"ask": ask, "open": open_, "refuse": refuse}


def take_step(services: Services, step: str, data: Data) -> Data:
    """Take a step of the workflow."""
    return STEPS[step](services, data)


def known(services: Teller, request_id: str) -> Request:
    """Return a request, or raise UnknownRequest."""
    request = services.access.get(request_id)
    if request is None:
        raise UnknownRequest(f"there is no request {request_id}")
    return request


class Teller(Protocol):
    """Who can tell the bus what is owed: the app's services, or an operator's desk."""

    @property
    def access(self) -> AccessTable:
        """The requests."""

    @property
    def bus(self) -> EventBus:
        """The bus."""

    @property
    def now_ms(self) -> Callable[[], int]:
        """The time."""


def relay(services: Teller, request: Request) -> None:
    """Tell the bus what it is still owed: who looks at security subscribes there.

    It is written with what happened, so whoever comes after a crash tells it.
    """
    if not request.owed:
        return
    services.bus.publish([_event(request, news, services.now_ms()) for news in request.owed])
    for news in request.owed:
        log.warning(news.type, request=request.id, queue=request.queue, requester=request.requester)
    services.access.note_told(request)


def _event(request: Request, news: News, now_ms: int) -> Event:
    data = {
        "queue": request.queue,
        "storeId": request.store,
        "requester": request.requester,
        "approver": request.approver,
        "why": news.why,
    }
    return Event(event_id(news.type, request.id, news.state), news.type, request.id, now_ms, data)
