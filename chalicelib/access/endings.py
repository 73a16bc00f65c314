"""How access ends: at its minute, by its schedule; or at once, on a finding about its store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.access.requests import Access, News
from chalicelib.access.steps import known, relay
from chalicelib.domain.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.access.requests import Request
    from chalicelib.access.steps import Teller
    from chalicelib.bootstrap import Services


OVER = "its time is over"


def end(services: Services, request_id: str) -> None:
    """End a request's access at its minute; one that is over already stays as it is."""
    request = services.access.get(request_id)
    if request is None:
        log.info("access.nothing_to_end", request=request_id)
        return
    if request.state is Access.ASKED:
        raise NotYetOpen(request_id)  # being opened, late: the state tries again
    if request.state is Access.OPEN:
        now_ms, news = services.now_ms(), News("access.ended", Access.ENDED, OVER)
        ended = services.access.change(request, Access.ENDED, now_ms, {"reason": OVER}, news)
        # Else somebody else has ended it meanwhile, and perhaps died before it was told.
        request = ended or known(services, request_id)
    relay(services, request)


def revoke(services: Services, finding: dict[str, Any]) -> None:
    """End all access to the stores that a finding names; to every store when it names none.

    GuardDuty and Security Hub name resources; the tag `store` says whose they are (GuardDuty user
    guide, "Finding details"; Security Hub user guide, "AWS Security Finding Format: Resources").
    """
    stores = set(_stores(finding.get("detail", {})))
    why = f"{finding.get('source', '')}: {finding.get('detail-type', '')} {finding.get('id', '')}"
    news = News("access.revoked", Access.REVOKED, why)
    to_tell, failed = [], []
    for request in list(services.access.unfinished()):
        if request.state in (Access.OPEN, Access.ASKED) and (
            not stores or request.concerns(stores)
        ):
            now_ms = services.now_ms()
            try:
                done = services.access.change(
                    request, Access.REVOKED, now_ms, {"reason": why}, news
                )
            except DomainError as error:  # the others have to be out all the same
                failed.append(error)
                continue
            to_tell.append(done or request)
        else:  # somebody died before it was told
            to_tell.append(request)
    for request in to_tell:  # once everybody is out: a bus that fails keeps nobody in
        try:
            relay(services, request)
        except DomainError as error:  # it stays owed
            failed.append(error)
    if failed:
        raise failed[0]  # Lambda tries again


def revoke_one(desk: Teller, request_id: str, by: str, reason: str) -> Request:
    """End a request's access by hand; NotOpenAnyMore when it is over, which stays as it is."""
    request = known(desk, request_id)
    news = News("access.revoked", Access.REVOKED, reason)
    done = None
    if request.state in (Access.OPEN, Access.ASKED):
        told = {"by": by, "reason": reason}
        done = desk.access.change(request, Access.REVOKED, desk.now_ms(), told, news)
    if done is None:
        raise NotOpenAnyMore(f"request {request_id} is {known(desk, request_id).state}")
    relay(desk, done)
    return done


class NotOpenAnyMore(DomainError):  # noqa: N818 - what it is
    """There is no access to be ended."""


class NotYetOpen(DomainError):  # noqa: N818 - why it is tried again
    """The access is still being opened."""


def _stores(detail: Any) -> Iterator[str]:
    """Yield the values of every tag named `store`, in whatever shape a service writes tags."""
    if isinstance(detail, list):
        for one in detail:
            yield from _stores(one)
        return
    if not isinstance(detail, dict):
        return
    lowered = {str(name).lower(): value for name, value in detail.items()}
    if lowered.get("key") == "store" and isinstance(lowered.get("value"), str):
        yield lowered["value"]
    for name, value in lowered.items():
        if name == "tags" and isinstance(value, dict) and isinstance(value.get("store"), str):
            yield value["store"]
        yield from _stores(value)
