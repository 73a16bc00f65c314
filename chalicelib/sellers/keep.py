"""Every five minutes: sellers' tokens are renewed long before they end, and trouble is told.

The order path renews a token only when this has not run, or when a vendor took a token back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.domain.errors import DomainError
from chalicelib.domain.events import Event, event_id, iso
from chalicelib.sellers.tokens import DAY_MS, told_today

if TYPE_CHECKING:
    from chalicelib.adapters.token_table import Token
    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import KeepTokens
    from chalicelib.sellers.tokens import SellerTokens

BUDGET_MS = 45_000
"""The next run goes on where this one stops: with the tokens that end first."""

MOST_FAILURES = 3
"""A vendor that failed so often in a row in one run is left alone until the next."""


class SellersInDanger(DomainError):  # noqa: N818 - a state of things
    """Some sellers' tokens are not renewed. The function fails with it: that is the alarm."""


def keep_tokens(services: Services, _command: KeepTokens) -> None:
    """Renew what is due, soonest end first, and fail when a seller is about to be lost."""
    started_ms = services.now_ms()
    failures: dict[str, int] = {}
    for name, known in sorted(services.tokens.all(), key=lambda entry: entry[1].ends_ms):
        vendor, _, seller_id = name.partition("/")
        seller = services.sellers.get(vendor)
        if seller is None or not seller_id or not _is_due(services, seller, known):
            continue
        if services.now_ms() - started_ms > BUDGET_MS or failures.get(vendor, 0) >= MOST_FAILURES:
            log.warning("seller.put_off", seller=name)
            continue
        if (token := services.tokens.get(name)) is None or not _is_due(services, seller, token):
            continue
        try:
            seller.renew_ahead(seller_id, token)
        except AwsUnavailable:
            raise
        except DomainError as error:
            log.warning("seller.not_renewed", seller=name, reason=str(error))
        failed = (services.tokens.get(name) or token).failures > token.failures
        failures[vendor] = failures.get(vendor, 0) + 1 if failed else 0
    _tell_of_danger(services)


def _is_due(services: Services, seller: SellerTokens, token: Token) -> bool:
    now_ms = services.now_ms()
    if token.revoked_ms:
        return False
    return now_ms >= token.refused_until_ms and token.is_past(seller.oauth.renew_at, now_ms)


def _tell_of_danger(services: Services) -> None:
    in_danger = []
    for name, token in services.tokens.all():
        vendor, _, seller_id = name.partition("/")
        seller = services.sellers.get(vendor)
        if seller and seller_id and (why := _danger(services, seller, token)):
            in_danger.append(name)
            _tell(services, name, token, why)
    if in_danger:
        raise SellersInDanger(", ".join(sorted(in_danger)))


def _danger(services: Services, seller: SellerTokens, token: Token) -> str:
    if token.revoked_ms:
        return f"the owner took the app out at {iso(token.revoked_ms)}"
    if token.disconnected_ms:
        lost = " after a refresh whose answer was lost" if token.begun_ms else ""
        return f"the vendor refuses the refresh token{lost}: the owner has to connect again"
    if token.is_past(seller.oauth.danger_at, services.now_ms()):
        return f"the token is not renewed and ends at {iso(token.ends_ms)}"
    return ""


def _tell(services: Services, name: str, token: Token, why: str) -> None:
    """Tell staff once a day."""
    now_ms = services.now_ms()
    day = now_ms // DAY_MS
    type_ = "seller.disconnected" if token.disconnected_ms else "seller.expiring"
    log.error(type_, seller=name, reason=why)
    vendor, _, seller_id = name.partition("/")
    data = {"vendor": vendor, "sellerId": seller_id, "endsMs": token.ends_ms, "why": why}
    event = Event(event_id(type_, name, day), type_, name, now_ms, data)
    if services.tokens.tell_once(name, told_today(type_, now_ms)):
        services.bus.publish([event])
