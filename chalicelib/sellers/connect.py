"""An owner connects an account: the link, and what the browser brings back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.token_table import Token
from chalicelib.channels.base import WebhookReply
from chalicelib.domain.errors import DomainError
from chalicelib.domain.events import Event, event_id
from chalicelib.sellers.base import NotConnected
from chalicelib.sellers.invite import LIFE_SECONDS, Invite, read_invite
from chalicelib.sellers.tokens import token_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.bootstrap import Services
    from chalicelib.sellers.base import Connection, SellerOAuth

PAGE = """<!doctype html><meta charset="utf-8"><title>Connection</title><p>{}</p>"""
"""Nothing that came in is ever put on it."""

HEADERS = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}


def link(services: Services, vendor: str, seller_id: str, nonce: str) -> str:
    """Return the page on which an owner lets us in, good for a day and for one connection."""
    invite = Invite(vendor, seller_id, nonce, services.now_ms() // 1000 + LIFE_SECONDS)
    state = invite.sign(services.secrets.get().oauth_state_key)
    return services.sellers[vendor].oauth.consent_url(state)


def connect(services: Services, vendor: str, query: Mapping[str, str]) -> WebhookReply:
    """Take in the owner's consent: redeem the code, keep the tokens, say so.

    The state is used up last: after a failure the same link works again.
    """
    if vendor not in services.sellers or vendor == "toast":  # its groups have no page
        return _page(404, "There is no such point of sale.")
    try:
        keys = services.secrets.all().each("oauth_state_key")
        invite = read_invite(query.get("state", ""), vendor, keys, services.now_ms() // 1000)
        if invite is None:
            return _page(403, "This link is not valid any more. Please ask for a new one.")
        if query.get("error") or not query.get("code"):
            return _page(400, "The connection was not allowed. The same link can be used again.")
        return _connected(services, services.sellers[vendor].oauth, invite, query)
    except NotConnected as error:
        log.warning("seller.not_connected", vendor=vendor, reason=str(error))
        return _page(400, f"{error}. Please open the same link again.")
    except DomainError as error:
        log.error("seller.not_connected", vendor=vendor, reason=str(error))
        return _page(503, "That did not work just now. Please open the same link again.")


def _connected(
    services: Services, oauth: SellerOAuth, invite: Invite, query: Mapping[str, str]
) -> WebhookReply:
    if services.tokens.get(_used(invite)) is not None:
        return _page(403, "This link was used already. Please ask for a new one.")
    connection = oauth.redeem(query)
    if invite.seller_id and connection.seller_id != invite.seller_id:
        # The tokens are dropped: they would open an account that nobody meant.
        return _page(409, "This is another account than the one that the link is for.")
    keep(services, oauth.vendor, connection)
    services.tokens.use_up(_used(invite), invite.ends + LIFE_SECONDS)
    return _page(200, "The account is connected. You can close this page.")


def keep(services: Services, vendor: str, connection: Connection) -> None:
    """Write a seller's tokens down, and say so."""
    now_ms, grant = services.now_ms(), connection.grant
    token = Token(grant.access, now_ms + grant.seconds * 1000, grant.refresh, now_ms)
    name = token_name(vendor, connection.seller_id)
    services.tokens.put(name, token)
    log.info("seller.connected", seller=name)
    data = {"vendor": vendor, "sellerId": connection.seller_id}
    event = Event(
        event_id("seller.connected", name, now_ms), "seller.connected", name, now_ms, data
    )
    try:
        services.bus.publish([event])
    except AwsUnavailable as error:
        # The connection stands; only the news of it is lost.
        log.error("seller.unannounced", seller=name, reason=str(error))


def _used(invite: Invite) -> str:
    return f"oauth-state/{invite.nonce}"


def _page(status: int, text: str) -> WebhookReply:
    return WebhookReply(status, PAGE.format(text), HEADERS)
