"""Partners get a store's menu and hours, each in its own calls, until each has the newest.

An import wishes for it in the transaction that switches the store over; `menu.imported` and the
sweep wake whoever sends it. A lease keeps two workers from sending one partner two menus; what is
sent is always the newest. A partner that tells later how an upload went is believed when it does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.adapters.http import VendorHttpError
from chalicelib.channels.base import PartnerRefused, PartnerUnavailable, read_json_object
from chalicelib.domain.deadlines import CALL_SECONDS
from chalicelib.domain.errors import InvalidPayload, RetryLater, VersionConflict
from chalicelib.domain.events import Event, event_id
from chalicelib.domain.stock import split_key
from chalicelib.orders.receive import body_of
from chalicelib.orders.wakes import wake_queue
from chalicelib.stores.pace import TooSoon
from chalicelib.stores.shown import menu_of, shown_to
from chalicelib.stores.stock import wake_to_tell
from chalicelib.stores.telling import LEASE_MS, STEP_MS
from chalicelib.telemetry.metrics import put

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bootstrap import Services
    from chalicelib.channels.base import Channel
    from chalicelib.channels.menus import MenuReply, MenuResult, Publishing
    from chalicelib.domain.commands import (
        NoteMenuResult,
        PublishMenu,
        PublishMenus,
        TellStockAgain,
    )
    from chalicelib.domain.publication import Publication

    Change = Callable[[Publication], Publication]
    """What is to be written, over whatever is there by then."""

ATTEMPTS = 6
MOST_DIGITS = 16

STOCK_MARGIN_MS = 60_000
"""What a till said was written down at most so long after it was asked."""

SOON_SECONDS = 60
"""What is due later is left to the sweep: a message that waits would mostly wake for nothing."""

ASK_AGAIN_MS = (SOON_SECONDS + 1) * 1000
SELDOM_MS = 3_600_000
"""When a partner that reads a menu by itself is asked again whether it has."""


def publish_menus(services: Services, command: PublishMenus) -> None:
    """Wake somebody for every partner of a store that has not got the newest menu."""
    rows = services.publications.of_store(command.store_id).values()
    wakes = [{"menu": row.key} for row in rows if row.is_owed(services.now_ms())]
    services.queues.send_all(services.config.names.channel_callbacks_queue, wakes)


def publish_menu(services: Services, command: PublishMenu) -> None:
    """Send a partner the newest menu of a store, or as much of it as there is time for."""
    began_ms = services.now_ms()
    row = services.publications.get(*split_key(command.key))
    if row is None or not row.is_owed(began_ms):
        log.info("menu.not_owed", menu=command.key)
        return
    row = row.begin(began_ms, LEASE_MS)
    if row.is_late(began_ms):
        row = replace(row, late=row.asked)
        why = row.why or "how the upload went was not told"
        text = f"{row.channel} has not got the newest menu of {row.store_id}: {why}"
        _tell_staff(services, row, row.asked, text, "late")
    try:
        row = services.publications.save(row)
    except VersionConflict:
        # Who wrote sends a wake of its own.
        log.info("menu.overtaken", menu=command.key)
        return
    saved = _write_down(services, row, _sent(services, row, began_ms + STEP_MS))
    if saved is not None:
        _wake_again(services, saved)


def note_menu_result(services: Services, command: NoteMenuResult) -> None:
    """Write down how an upload went. What is owed now, a newer menu perhaps, the sweep sees to."""
    notice = command.notice
    channel = services.channels[notice.channel]
    payload = read_json_object(body_of(services, command.webhook))
    result = channel.menu_result(payload)
    store = services.stores.find(notice.channel, result.place)
    row = services.publications.get(store.store_id, notice.channel) if store else None
    if row is None or not row.place == row.at == result.place:
        log.warning("menu.result_of_nobody", channel=notice.channel)
        return
    now_ms = services.now_ms()
    if _is_overdue(row, result, notice.event_id, now_ms):
        # Should it be the newest's after all, to send that once more says so at once.
        log.warning("menu.result_overdue", menu=row.key)
        ask_ms = now_ms + channel.menu_gap_ms
        _write_down(services, row, lambda known: known.pass_over(notice.event_id, ask_ms))
        return
    asked = _asked(row, result, notice.event_id, now_ms)
    if asked is None:
        log.warning("menu.result_of_another", menu=row.key, reference=result.reference[:100])
        return
    if asked <= max(row.done, row.refused):
        log.info("menu.result_known", menu=row.key)  # a webhook that came twice, or late
        return
    change = _noted(services, row, asked, result)
    _write_down(services, row, lambda known: replace(change(known), heard=notice.event_id))


def tell_stock_again(services: Services, command: TellStockAgain) -> None:
    """Have a partner told once more what is off: its new menu may have put it back.

    And what came back while the menu was on its way: the menu may have said that it is off.
    """
    stocks = services.stock.of_store(command.store_id).values()
    if not stocks:  # as nearly always
        return
    row = services.publications.get(command.store_id, command.channel)
    since_ms = row.sent_ms - STOCK_MARGIN_MS if row is not None else services.now_ms()
    for stock in stocks:
        if command.channel in stock.told and (stock.off or stock.is_newer_than(since_ms)):
            try:
                saved = services.stock.save(stock.forget(command.channel))
            except VersionConflict as error:
                raise RetryLater(str(error), 1) from error
            wake_to_tell(services, saved)


# ---- sending -------------------------------------------------------------------------------------


def _sent(services: Services, row: Publication, ends_ms: int) -> Change:
    channel = services.channels.get(row.channel)
    try:
        if channel is None:
            raise PartnerRefused("this channel is not known any more")
        # What a container remembers may be the store that had this place before.
        store = services.stores.read(row.channel, row.place)
        if store is None or store.store_id != row.store_id:
            log.warning("menu.unlinked", menu=row.key)
            return lambda known: known.drop() if known.asked == row.asked else known.give_back()
        _check_gap(services, row, channel)
        services.pace.enter(channel.name)
        return _called(services, row, channel, ends_ms)
    except TooSoon as error:
        until_ms, why = error.until_ms, str(error)
        log.info("menu.held_up", menu=row.key, reason=why)
        return lambda known: replace(known.give_back(), next_ms=until_ms, why=why)
    except PartnerRefused as error:
        return _refused(services, row, row.asked, str(error))
    except (PartnerUnavailable, VendorHttpError) as error:
        return _put_off(services, row, error)


def _check_gap(services: Services, row: Publication, channel: Channel) -> None:
    """Leave the partner the time that it wants between two menus of one store."""
    taken_ms = max(row.done_ms, row.taken_ms)
    until_ms = taken_ms + channel.menu_gap_ms
    if taken_ms and services.now_ms() < until_ms:
        raise TooSoon("the menu before was just sent", until_ms)


def _called(services: Services, row: Publication, channel: Channel, ends_ms: int) -> Change:
    calls = channel.menu_calls(_publishing(services, row))
    reply: MenuReply | None = None
    part = row.part if row.part < len(calls) else 0
    for number in range(part, len(calls)):
        if services.now_ms() + CALL_SECONDS * 1000 > ends_ms:
            return lambda known, done=number: _advanced(known, row, done)  # type: ignore[misc]
        try:
            reply = calls[number]()
        except PartnerRefused:
            services.pace.succeeded(channel.name)  # it answers
            raise
        except (PartnerUnavailable, VendorHttpError) as error:
            return _put_off(services, row, error, number)
        if reply.not_yet:
            services.pace.succeeded(channel.name)
            return _later(services, row, reply.not_yet, number)
    services.pace.succeeded(channel.name)
    assert reply is not None, "a menu is at least one call"
    if reply.is_pending:
        now_ms, wait_ms = services.now_ms(), channel.menu_result_ms
        log.info("menu.sent", menu=row.key, version=row.version)
        return lambda known: _waiting(known, row, now_ms, wait_ms, reply.menu_id)
    return _published(services, row, row.asked, reply.menu_id, reply.again_ms)


def _publishing(services: Services, row: Publication) -> Publishing:
    try:
        menu = menu_of(services, row.store_id, row.version)
    except InvalidPayload as error:
        raise PartnerRefused(str(error)) from error
    stock = services.stock.of_store(row.store_id).values()
    publishing = shown_to(services, row.place, menu, stock, row.reference)
    return replace(publishing, menu_id=row.menu_id, sent_ms=row.sent_ms)


# ---- what came of it -----------------------------------------------------------------------------


def _advanced(known: Publication, sent: Publication, part: int) -> Publication:
    is_same = known.asked == sent.asked
    return replace(known.give_back(), part=part if is_same else 0, next_ms=0)


def _waiting(
    known: Publication, sent: Publication, now_ms: int, wait_ms: int, menu_id: str
) -> Publication:
    # Tries are counted on: an upload that is taken each time and fails each time is no success.
    return replace(
        known.give_back(),
        sent=sent.asked,
        taken_ms=now_ms,
        result_by_ms=now_ms + wait_ms,
        menu_id=menu_id or known.menu_id,
        part=0,
        next_ms=0,
    )


def _published(
    services: Services, row: Publication, asked: int, menu_id: str, again_ms: int | None = None
) -> Change:
    version, now_ms = row.sent_version if asked == row.sent else "", services.now_ms()
    data = {"storeId": row.store_id, "channel": row.channel, "version": version}
    _publish(services, row, "menu.published", asked, data)
    put(now_ms, {"MenusPublished": 1}, {"channel": row.channel}, menu=row.key)
    log.info("menu.published", menu=row.key, version=version)

    def change(known: Publication) -> Publication:
        done = known.finish(asked, now_ms, version, again_ms)
        return replace(done.give_back(), menu_id=menu_id or known.menu_id)

    return change


def _refused(services: Services, row: Publication, asked: int, why: str) -> Change:
    log.error("menu.refused", menu=row.key, reason=why)
    _tell_staff(services, row, asked, f"{row.channel} refused the menu of {row.store_id}: {why}")
    return lambda known: known.refuse(asked, why).give_back()


def _put_off(services: Services, row: Publication, error: Exception, part: int = 0) -> Change:
    why, now_ms = str(error), services.now_ms()
    retry_after = error.retry_after if isinstance(error, PartnerUnavailable) else None
    log.warning("menu.not_sent", menu=row.key, reason=why)
    services.pace.failed(row.channel)
    return lambda known: replace(
        known.put_off(now_ms, why, retry_after).give_back(),
        part=part if known.asked == row.asked else 0,
    )


def _later(services: Services, row: Publication, why: str, part: int) -> Change:
    """Have a call made again of which the partner says that it is still at it.

    By the sweep: nothing hangs on it, and what goes on for hours is asked about ever less often.
    """
    now_ms = services.now_ms()
    wait_ms = min(max(ASK_AGAIN_MS, (now_ms - row.sent_ms) // 4), SELDOM_MS)
    log.info("menu.not_yet", menu=row.key, reason=why)
    return lambda known: replace(
        _advanced(known, row, part), next_ms=now_ms + wait_ms, why=why[:300]
    )


def _noted(services: Services, row: Publication, asked: int, result: MenuResult) -> Change:
    """Return what a partner's webhook changes. A lease, if there is one, is somebody else's."""
    now_ms = services.now_ms()

    def may_pass(known: Publication) -> Publication:
        later = known.put_off(now_ms, result.why)
        return replace(later, result_by_ms=0) if known.sent == asked else known

    if result.is_done:
        change = _published(services, row, asked, result.menu_id)
    elif result.may_pass:
        log.warning("menu.not_taken", menu=row.key, reason=result.why)
        change = may_pass
    else:
        change = _refused(services, row, asked, result.why)
    return lambda known: replace(
        change(known),
        lease_until_ms=known.lease_until_ms,
        menu_id=result.menu_id or known.menu_id,
    )


def _is_overdue(row: Publication, result: MenuResult, event_id: str, now_ms: int) -> bool:
    """Say whether a result without a reference may be that of an upload that was given up."""
    is_being_sent = row.is_open and not row.is_waiting and now_ms < row.lease_until_ms
    is_new = not result.reference and event_id != row.heard
    return is_new and not is_being_sent and row.results_overdue(now_ms) > 0


def _asked(row: Publication, result: MenuResult, event_id: str, now_ms: int) -> int | None:
    """Return which wish an upload was for: by our reference, else the one that is waited for.

    A webhook without a reference may be another upload's: one that comes twice, or so late that
    the next one has begun. Nothing is waited for before the partner has taken it, so then such a
    webhook says nothing; one that is faster than our own write comes back.
    """
    if not result.reference:
        if row.is_waiting:
            return row.sent if row.heard != event_id else None
        if row.is_open and now_ms < row.lease_until_ms:
            raise RetryLater(f"{row.key} is being sent", 3)
        return None
    store_id, _, number = result.reference.rpartition(":")
    if store_id != row.store_id or not (number.isascii() and number.isdecimal()):
        return None
    return int(number) if len(number) < MOST_DIGITS and int(number) <= row.asked else None


def _write_down(services: Services, row: Publication, change: Change) -> Publication | None:
    """Write a change over whatever is there by now; None when nothing is there any more."""
    known: Publication | None = row
    for _ in range(ATTEMPTS):
        if known is None:
            log.info("menu.unlinked", menu=row.key)
            return None
        try:
            return services.publications.save(change(known))
        except VersionConflict:
            known = services.publications.get(row.store_id, row.channel)
    raise VersionConflict(row.key)


def _wake_again(services: Services, row: Publication) -> None:
    due_ms = row.due_ms()
    if due_ms is None:
        return
    seconds = -(-max(0, due_ms - services.now_ms()) // 1000)
    if seconds <= SOON_SECONDS:
        queue = services.config.names.channel_callbacks_queue
        wake_queue(services, queue, {"menu": row.key}, seconds)


def _tell_staff(services: Services, row: Publication, asked: int, why: str, when: str = "") -> None:
    data = {"storeId": row.store_id, "channel": row.channel, "version": row.version, "why": why}
    put(services.now_ms(), {"MenusNotPublished": 1}, {"channel": row.channel}, menu=row.key)
    _publish(services, row, "menu.not_published", asked, data, when)


def _publish(
    services: Services,
    row: Publication,
    type_: str,
    asked: int,
    data: dict[str, Any],
    when: str = "",
) -> None:
    id_ = event_id(type_, row.key, asked, when)
    services.bus.publish([Event(id_, type_, row.key, services.now_ms(), data)])
