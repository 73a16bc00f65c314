"""The partner is told what was decided, once, and for as long as it listens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.http import VendorHttpError
from chalicelib.channels.base import PartnerRefused, PartnerUnavailable, ToldInPart
from chalicelib.domain.deadlines import WAKES_IN_A_ROW, backoff_seconds
from chalicelib.domain.duties import (
    SAID,
    Answer,
    Duty,
    Undo,
    answer_owed,
    may_have_said_yes,
)
from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.domain.states import State
from chalicelib.orders.outbox import Overtaken, change, relay_and_settle
from chalicelib.orders.overdue import refuse_overdue, stay_to_its_end
from chalicelib.orders.wakes import wake, wake_again
from chalicelib.telemetry import work
from chalicelib.telemetry.metrics import put

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.channels.base import Channel
    from chalicelib.domain.commands import AnswerPartner
    from chalicelib.domain.record import OrderRecord

LONGEST_WAIT_SECONDS = 30
LAST_TRY_MS = 15_000
"""So long before its end a partner is told once more that wants more patience than it has."""
GIVE_UP_AFTER_MS = 24 * 3_600_000
"""How long a cancellation or "ready" is tried to be told. A first answer ends with the partner's
patience (Channel.give_up_ms)."""

WITHOUT_REASON = Refusal(Reason.OTHER, "The restaurant cannot make the order")


def answer_partner(services: Services, command: AnswerPartner) -> None:
    """Tell the partner what is owed to it."""
    record = services.orders.get(command.key)
    if record is None:
        log.warning("callback.unknown", order=command.key)
        return
    work.about(record.key, record.trace)
    # That an event woke us proves that it and those before it were published; a wake proves
    # nothing, so what is in the outbox is said first.
    record = record.heard(command.event_id)
    if command.event_id is None:
        record = relay_and_settle(services, record)
    stay_to_its_end(services, record)
    record = refuse_overdue(services, record) or record
    answer = answer_owed(record)
    now_ms = services.now_ms()
    if answer is None:
        log.info("callback.not_needed", order=command.key)
    elif record.answer_next_ms is not None and now_ms < record.answer_next_ms:
        log.info("callback.waits", order=command.key)
    else:
        _tell(services, record, answer, command.event_id)


def _tell(services: Services, record: OrderRecord, answer: Answer, event_id: str | None) -> None:
    channel = services.channels[record.channel]
    now_ms = services.now_ms()
    written = record
    try:
        _check_patience(channel, record, answer, now_ms)
        if not channel.reads_back:
            record, written = _begun(services, record, answer, event_id)
        # As it was before: a refusal of a first answer is no echo of an earlier one.
        _say(channel, record, answer, now_ms)
    except Overtaken:
        log.info("callback.busy", order=record.key)
    except (PartnerUnavailable, VendorHttpError) as error:
        # Saying the same answer twice does no harm, so every kind of failure is retried.
        retry_after = error.retry_after if isinstance(error, PartnerUnavailable) else None
        _later(services, written, str(error), retry_after)
    except ToldInPart as error:
        # An order that was held as well: "ready" waits for this.
        until_ms = (record.clock_ms or record.received_ms) + channel.give_up_ms
        if error.again and now_ms < until_ms - LAST_TRY_MS:
            _later(services, written, str(error), error.retry_after, is_known=True)
            return
        told = _told(services, written, answer, event_id, beside=str(error))
        relay_and_settle(services, told)
    except PartnerRefused as error:
        _refused(services, written, answer, str(error))
    else:
        _told(services, written, answer, event_id)


def _check_patience(channel: Channel, record: OrderRecord, answer: Answer, now_ms: int) -> None:
    """Raise PartnerRefused when it is too late to say anything, ToldInPart when enough was said.

    Only our yes is ever said in part: a no that came after it was not said with it.
    """
    if now_ms <= _until_ms(channel, record):
        return
    if answer is Answer.ACCEPT and channel.reads_back and record.answer_begun:
        raise ToldInPart(record.waiting_for, again=False)
    raise PartnerRefused("too late: the partner has decided without us")


def _told(
    services: Services, record: OrderRecord, answer: Answer, event_id: str | None, beside: str = ""
) -> OrderRecord:
    """Write down that the partner has the answer, though not what was said `beside` it."""
    told = change(
        services,
        record,
        lambda r: r.heard(event_id).answer(answer, services.now_ms(), beside),
    )
    now_ms = services.now_ms()
    after_ms = now_ms - record.received_ms
    log.info(f"callback.{SAID.get(answer, answer)}", order=record.key, after_ms=after_ms)
    if beside:
        log.error("callback.told_in_part", order=record.key, reason=beside)
    if record.answered is None:
        put(now_ms, {"AnswerAge": after_ms}, {"channel": record.channel})
    if answer_owed(told) is not None:
        wake(services, told, Duty.PARTNER)
    return told


def _begun(
    services: Services, record: OrderRecord, answer: Answer, event_id: str | None
) -> tuple[OrderRecord, OrderRecord]:
    """Have the conversation with a partner that cannot be read back for this worker alone.

    Returns the record as it was before and as it is now; Overtaken when another worker has it.
    """
    now_ms, before = services.now_ms(), record

    def begin(found: OrderRecord) -> OrderRecord:
        nonlocal before
        if found.is_being_answered(now_ms) or answer_owed(found) is not answer:
            raise Overtaken(found)
        before = found
        return found.heard(event_id).answering(now_ms)

    written = change(services, record, begin)
    return before, written


def _until_ms(channel: Channel, record: OrderRecord) -> int:
    if record.answered is None:
        return record.received_ms + channel.give_up_ms
    return (record.clock_ms or record.received_ms) + GIVE_UP_AFTER_MS


def _say(channel: Channel, record: OrderRecord, answer: Answer, now_ms: int) -> None:
    refusal = record.refusal or WITHOUT_REASON
    if answer is Answer.DENY:
        channel.deny(record)
    elif answer is Answer.CANCEL:
        channel.cancel(record, refusal)
    elif answer is Answer.AGREE:
        channel.agree_to_cancel(record)
    elif answer is Answer.READY:
        channel.ready(record)
    elif answer is Answer.HOLD:
        channel.hold(record, ready_ms=_ready_ms(record, now_ms))
    else:
        channel.accept(record, ready_ms=_ready_ms(record, now_ms))


def _ready_ms(record: OrderRecord, now_ms: int) -> int:
    assert record.store is not None, "an accepted order has a store"
    soonest_ms = now_ms + record.store.prep_minutes * 60_000
    wanted_ms = record.order.timing.ready_ms if record.order else None
    return max(soonest_ms, wanted_ms or 0) if record.state is State.HELD else soonest_ms


def _later(
    services: Services,
    record: OrderRecord,
    reason: str,
    retry_after: int | None,
    *,
    is_known: bool = False,
) -> None:
    wait = backoff_seconds(record.answer_tries + 1, LONGEST_WAIT_SECONDS, retry_after)
    now_ms = services.now_ms()
    at_ms = now_ms + wait * 1000
    last_ms = _until_ms(services.channels[record.channel], record) - LAST_TRY_MS
    if now_ms < last_ms:
        at_ms = min(at_ms, last_ms)
    waiting = change(
        services,
        record,
        lambda r: r.postpone_answer(at_ms, reason, services.now_ms(), is_known=is_known),
    )
    log.warning("callback.waits", order=record.key, reason=reason, seconds=wait)
    wake_again(services, waiting, Duty.PARTNER, at_ms)


def _refused(services: Services, record: OrderRecord, answer: Answer, why: str) -> None:
    log.error("callback.refused", order=record.key, answer=answer, reason=why)
    if answer in (Answer.READY, Answer.AGREE):
        # Nothing that anybody could do about it.
        change(services, record, lambda r: r.answer(answer, services.now_ms()))
        return
    if answer is Answer.DENY and may_have_said_yes(record):
        _take_back(services, record)
        return
    failed = change(services, record, lambda r: r.answer_failed("refused", why, services.now_ms()))
    if failed.undo is Undo.PENDING:
        # The kitchen's function may have woken itself often until this order was made.
        wake(services, failed, Duty.KITCHEN, row=WAKES_IN_A_ROW - 2)
    relay_and_settle(services, failed)


def _take_back(services: Services, record: OrderRecord) -> None:
    """Our yes arrived, though its answer did not: what cannot be denied has to be cancelled."""

    def told(found: OrderRecord) -> OrderRecord:
        if answer_owed(found) is not Answer.DENY:
            raise Overtaken(found)
        return found.answer(Answer.ACCEPT, services.now_ms())

    try:
        accepted = change(services, record, told)
    except Overtaken:
        log.info("callback.not_needed", order=record.key)
        return
    wake(services, accepted, Duty.PARTNER)
