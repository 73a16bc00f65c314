"""An owner took the app out, and the vendor says so: nobody asks for a token of theirs any more.

What is left in the table says when they left. Containers that still have the access token are
refused with it, look into the table, and ask the vendor for nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.token_table import Token
from chalicelib.domain.events import Event, event_id
from chalicelib.sellers.tokens import token_name, told_today

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.pos.base import SellerGone

ATTEMPTS = 4
WHY = "the owner has taken the app out: orders are refused until the account is connected again"


def note_gone(services: Services, vendor: str, gone: SellerGone) -> None:
    """Note that a seller left, and tell staff; AwsUnavailable when the vendor has to say it again.

    A webhook may come late and twice: whoever has connected anew since stays connected.
    """
    name = token_name(vendor, gone.seller_id)
    # A word from the future would hold for connections that are yet to come.
    gone_ms = min(gone.gone_ms, services.now_ms())
    for _ in range(ATTEMPTS):
        known = services.tokens.get(name)
        if known is None or known.granted_ms > gone_ms:
            log.info("seller.not_gone", seller=name)
            return
        if known.revoked_ms:
            _tell(services, name, known)
            return
        left = Token(
            "",
            granted_ms=known.granted_ms,
            disconnected_ms=gone_ms,
            revoked_ms=gone_ms,
        )
        if services.tokens.replace(name, known.access, left):
            log.error("seller.gone", seller=name)
            _tell(services, name, left)
            return
    raise AwsUnavailable(f"{name} changes all the time")


def _tell(services: Services, name: str, left: Token) -> None:
    """Tell staff, once: what the schedule tells of it later, it tells once a day."""
    if left.told:
        return
    now_ms = services.now_ms()
    vendor, _, seller_id = name.partition("/")
    data = {"vendor": vendor, "sellerId": seller_id, "endsMs": left.revoked_ms, "why": WHY}
    type_ = "seller.disconnected"
    id_ = event_id(type_, name, left.revoked_ms)
    services.bus.publish([Event(id_, type_, name, now_ms, data)])
    told = replace(left, told=told_today(type_, now_ms))
    services.tokens.replace(name, "", told)
