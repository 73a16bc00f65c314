"""How access ends: at its minute, by its schedule; or at once, on a finding about its store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.access.requests import Access
from chalicelib.access.steps import publish
from chalicelib.domain.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.access.requests import Request
    from chalicelib.bootstrap import Services


OVER = "its time is over"


def end(services: Services, request_id: str) -> None:
    """End a request's access at its minute; one that is over already stays as it is."""
    request = services.access.get(request_id)
    if request is not None and request.state is Access.ENDED:  # and died before it was told
        publish(services, request, "access.ended", OVER)
    elif request is not None and request.state is Access.OPEN:
        _close(services, request, Access.ENDED, OVER)
    elif request is not None and request.state is Access.ASKED:
        raise NotYetOpen(request_id)  # being opened, late: the state tries again
    else:
        log.info("access.nothing_to_end", request=request_id)


def revoke(services: Services, finding: dict[str, Any]) -> None:
    """End all access to the stores that a finding names; to every store when it names none.

    GuardDuty and Security Hub name resources; the tag `store` says whose they are (GuardDuty user
    guide, "Finding details"; Security Hub user guide, "AWS Security Finding Format: Resources").
    """
    stores = set(_stores(finding.get("detail", {})))
    why = f"{finding.get('source', '')}: {finding.get('detail-type', '')} {finding.get('id', '')}"
    closed = []
    for request in list(services.access.open()):
        if stores and request.store not in stores:
            continue
        now_ms = services.now_ms()
        done = services.access.change(request, Access.REVOKED, now_ms, {"reason": why})
        if done is not None:
            closed.append(done)
    for request in closed:  # once everybody is out: a bus that fails keeps nobody in
        publish(services, request, "access.revoked", why)


def _close(services: Services, request: Request, to: Access, why: str) -> None:
    closed = services.access.change(request, to, services.now_ms(), {"reason": why})
    if closed is not None:  # else somebody else has closed it meanwhile, and told
        publish(services, closed, f"access.{to}", why)


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
