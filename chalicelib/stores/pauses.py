"""A store whose point of sale is down is paused at its partners for a while, and opened again.

Until when says its circuit (stores/breaker.py). Whoever is woken tells partners how that stands at
the moment, so news of it may come late, twice and out of order. Where a pause has no end at the
partner, a wake that is due then ends it. Is the point of sale still down, the store is paused anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.http import VendorHttpError
from chalicelib.channels.base import PartnerRefused, PartnerUnavailable
from chalicelib.domain.errors import RetryLater
from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.orders.wakes import wake_queue

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import SetStoreOpen
    from chalicelib.domain.store import Store

PAUSED = Refusal(Reason.POS_OFFLINE, "The restaurant's point of sale does not answer")
LEAST_SECONDS = 5
"""Between two tries; then as long as it has been tried, so that they last for half an hour."""


def set_store_open(services: Services, command: SetStoreOpen) -> None:
    """Pause a store at its partners, or open it again. One partner's refusal stops no other."""
    store = _store(services, command)
    if store is None:
        log.warning("store.unlinked", store=command.store_id)
        return
    until_ms, failed = services.breaker.paused_until_ms(store), []
    for name, channel_store_id in command.channels.items():
        channel = services.channels.get(name)
        if channel is None:
            continue
        try:
            channel.set_store_open(
                channel_store_id,
                is_open=until_ms is None,
                reason=None if until_ms is None else PAUSED,
                until_ms=until_ms,
            )
        except PartnerRefused as error:
            log.error("store.not_told", channel=name, store=channel_store_id, reason=str(error))
        except (PartnerUnavailable, VendorHttpError) as error:
            log.warning("store.not_told", channel=name, store=channel_store_id, reason=str(error))
            failed.append(name)
    if until_ms is not None:
        _end_later(services, command, until_ms)
    if failed:
        # As long as it was not told, a partner sends orders in vain, or none to a store that sells.
        age_seconds = max(0, services.now_ms() - command.since_ms) // 1000
        raise RetryLater(f"{', '.join(failed)} could not be told", LEAST_SECONDS + age_seconds)


def _store(services: Services, command: SetStoreOpen) -> Store | None:
    """Return the store as one of its partners' names has it now."""
    for name, channel_store_id in command.channels.items():
        store = services.stores.find(name, channel_store_id)
        if store is not None and store.store_id == command.store_id:
            return store
    return None


def _end_later(services: Services, command: SetStoreOpen, until_ms: int) -> None:
    """Have those partners told of the pause's end that do not end it themselves."""
    endless = {
        name: channel_store_id
        for name, channel_store_id in command.channels.items()
        if name in services.channels and not services.channels[name].pauses_end
    }
    if endless:
        pause = {"store": command.store_id, "channels": endless, "untilMs": until_ms}
        seconds = -(-max(0, until_ms - services.now_ms()) // 1000)
        queue = services.config.names.channel_callbacks_queue
        wake_queue(services, queue, {"pause": pause}, seconds)
