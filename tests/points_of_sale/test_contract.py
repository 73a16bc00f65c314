"""What every point of sale's adapter must do, whatever the vendor's idempotency is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.http import HttpReply, VendorHttp
from chalicelib.adapters.secrets import Secrets, VendorSecrets
from chalicelib.channels.base import BodyTooLarge, SignatureInvalid
from chalicelib.domain.money import Money
from chalicelib.domain.refusal import Reason
from chalicelib.pos.base import (
    Idempotency,
    PosAnswerUnreadable,
    PosNotice,
    PosOrder,
    PosOutcomeUnknown,
    PosRefused,
    PosUnavailable,
    Prints,
    TicketState,
    UnreadOrder,
)
from simulators.pos.square import Square as SquareSimulator

if TYPE_CHECKING:
    from collections.abc import Callable

CREATE = {"square": "CreateOrder", "toast": "ordersPost", "clover": "createOrder"}
RELEASE = {"square": "CreatePayment", "clover": "print"}
FIND = {"square": "SearchOrders", "toast": "ordersGuidGet", "clover": "getOrders"}


def test_an_order_becomes_one_ticket_with_the_partners_prices(till: Any) -> None:
    """Options, also those of options, are on it; the total is what the lines add up to."""
    record = till.record()
    ticket = till.make(record)
    assert ticket.total == record.order.lines_total == Money(4040, "USD")
    [printed] = till.simulator.tickets()
    assert printed.order_id == ticket.pos_order_id
    text = str(till.simulator.orders())
    assert "No nuts, allergy" in text
    side = record.order.lines[0].modifiers[0].modifiers[0]
    assert side.pos_id.split("~")[-1] in text


def test_nothing_prints_before_it_is_released(till: Any) -> None:
    """Where a vendor prints at once, its capabilities say so."""
    record = till.record()
    ticket = till.pos.create(record)
    at_once = till.pos.capabilities.prints is Prints.ON_CREATE
    assert len(till.simulator.tickets()) == (1 if at_once else 0)
    expected = TicketState.PRINTED if at_once else TicketState.UNPRINTED
    assert till.pos.state_of(record, ticket) is expected


def test_a_lost_create_is_found_again(till: Any) -> None:
    """Committed, but answered 500: the outcome is unknown, and a look-up knows it."""
    record = till.record()
    assert till.pos.find(record) is None
    till.simulator.faults.add(CREATE[till.pos.vendor], "error_after_commit")
    with pytest.raises(PosOutcomeUnknown):
        till.pos.create(record)
    till.advance(seconds=10)
    ticket = till.pos.find(record)
    assert ticket is not None
    assert ticket.total == Money(4040, "USD")
    till.pos.release(record, ticket)
    assert len(till.simulator.tickets()) == 1


def test_a_create_that_is_made_twice_makes_one_order_where_the_vendor_keeps_count(
    till: Any,
) -> None:
    """By key the same ticket, by look-up a refusal; only Clover has nothing to hold against it."""
    record = till.record()
    first = till.pos.create(record)
    if till.pos.capabilities.idempotency is Idempotency.KEY:
        assert till.pos.create(record) == first
    elif till.pos.capabilities.idempotency is Idempotency.LOOKUP:
        with pytest.raises(PosOutcomeUnknown):
            till.pos.create(record)
        assert till.pos.find(record) == first
    else:
        assert till.pos.find(record) == first
    assert len(till.simulator.orders()) == 1


def test_a_lost_release_is_not_repeated(till: Any) -> None:
    """What was printed once does not print again."""
    if till.pos.capabilities.prints is Prints.ON_CREATE:
        ticket = till.make(till.record())
        till.pos.release(till.record(), ticket)
    else:
        record = till.record()
        ticket = till.pos.create(record)
        till.simulator.faults.add(RELEASE[till.pos.vendor], "error_after_commit")
        with pytest.raises(PosOutcomeUnknown):
            till.pos.release(record, ticket)
        till.pos.release(record, ticket)
        till.pos.release(record, ticket)
    assert len(till.simulator.tickets()) == 1


def test_an_order_is_voided_printed_or_not_and_voided_again(till: Any) -> None:
    """Afterwards no ticket stands, and a look-up finds none to go on with."""
    printed, unprinted = till.record("o-1"), till.record("o-2")
    tickets = [till.make(printed), till.pos.create(unprinted)]
    for record, ticket in zip((printed, unprinted), tickets, strict=True):
        till.pos.void(record, ticket)
        till.advance(seconds=1)
        till.pos.void(record, ticket)
        assert till.pos.state_of(record, ticket) is TicketState.VOIDED
        assert till.pos.find(record) is None
    assert till.simulator.standing_tickets() == []


def test_an_order_that_squares_kitchen_has_completed_gives_its_money_back(square: Any) -> None:
    """To cancel it is impossible there, and is not tried; said twice, it is refunded once."""
    record = square.record()
    ticket = square.make(record)
    square.simulator.fulfil(ticket.pos_order_id, "COMPLETED")
    for _ in range(2):
        with pytest.raises(PosRefused, match="the kitchen has completed the order"):
            square.pos.void(record, ticket)
        square.advance(seconds=1)
    [payment] = square.simulator.payments()
    assert payment["refunded_money"] == payment["total_money"]
    assert square.simulator.requests["RefundPayment"] == 2
    assert "UpdateOrder" not in square.simulator.requests


@pytest.mark.parametrize("step", ["find", "create"])
def test_a_limit_says_come_back(till: Any, step: str) -> None:
    """Nothing was carried out; where the vendor says when, that is passed on."""
    operation = (CREATE if step == "create" else FIND)[till.pos.vendor]
    till.simulator.faults.add(operation, "rate_limited")
    with pytest.raises(PosUnavailable) as refused:
        getattr(till.pos, step)(till.record())
    if till.pos.vendor == "toast":
        assert refused.value.retry_after == 1
    assert till.simulator.orders() == []


def test_a_500_before_the_commit_is_an_unknown_outcome_that_a_look_up_settles(till: Any) -> None:
    """The reply cannot tell it from one after the commit."""
    record = till.record()
    till.simulator.faults.add(CREATE[till.pos.vendor], "error_before_commit")
    with pytest.raises(PosOutcomeUnknown):
        till.pos.create(record)
    assert till.pos.find(record) is None
    till.make(record)
    assert len(till.simulator.tickets()) == 1


def test_a_slow_answer_is_an_unknown_outcome(till: Any) -> None:
    """Longer than the adapter waits, which is as long as its capabilities say."""
    record = till.record()
    seconds = till.pos.capabilities.call_seconds + 1
    till.simulator.faults.add(CREATE[till.pos.vendor], "slow_success", seconds=seconds)
    with pytest.raises(PosOutcomeUnknown):
        till.pos.create(record)
    assert till.pos.find(record) is not None


def test_an_item_that_the_vendor_does_not_know_refuses_the_order(till: Any) -> None:
    """Its own words are for our staff; the partner hears that an item is missing."""
    record = till.record()
    [first, *others] = record.order.lines
    unknown = "GONE" if till.pos.vendor != "toast" else "00000000-0000-0000-0000-000000000000"
    order = replace(record.order, lines=(replace(first, pos_id=unknown), *others))
    with pytest.raises(PosRefused) as refused:
        till.make(replace(record, order=order))
    assert refused.value.refusal.reason is Reason.UNMAPPED_ITEM
    assert till.pos.vendor not in refused.value.refusal.text.lower()
    assert till.pos.vendor in refused.value.refusal.detail.lower()
    assert till.simulator.tickets() == []


def test_credentials_that_open_nothing_are_the_stores_problem(till: Any) -> None:
    """Not the order's: whoever connects the store has to look."""
    till.simulator.faults.add("*", "unauthorized", times=None)
    with pytest.raises((PosRefused, PosUnavailable)) as refused:
        till.pos.create(till.record())
    if isinstance(refused.value, PosRefused):
        assert refused.value.refusal.reason is Reason.POS_NOT_READY


def test_the_kitchens_own_cancellation_is_read_from_its_webhook(till: Any) -> None:
    """With the order it is about, unless the vendor has forgotten that by then."""
    record = till.record()
    ticket = till.make(record)
    till.notices()
    cancel(till, ticket)
    [notice] = [n for n in till.notices() if n.state is TicketState.VOIDED]
    assert notice.pos_order_id == ticket.pos_order_id
    assert till.pos.state_of(record, ticket) is TicketState.VOIDED
    if till.pos.vendor != "clover":
        assert till.pos.order_key_of(notice) == record.key


def cancel(till: Any, ticket: Any) -> None:
    simulator = till.simulator
    if isinstance(simulator, SquareSimulator):
        order = simulator._orders[ticket.pos_order_id]
        order["state"] = "CANCELED"
        simulator._touch(order)
    elif till.pos.vendor == "toast":
        simulator.void_at_the_till(ticket.pos_order_id)
    else:
        simulator.delete_at_the_till(ticket.pos_order_id)


def test_a_forged_webhook_is_refused_and_an_old_secret_opens_during_a_rotation(till: Any) -> None:
    """Two secrets are valid then, in either order."""
    till.make(till.record())
    till.simulator.tick()
    request = till.webhooks[0]
    genuine = {name.lower(): value for name, value in request.headers.items()}
    forged = {name.lower(): v for name, v in till.simulator.forge(request).headers.items()}
    new = VendorSecrets(
        {
            "square_webhook_signature_key": "new-key",
            "toast_webhook_secret": "new-secret",
            "clover_webhook_code": "new-code",
        }
    )
    old = till_secrets()
    rotating = Secrets(new, lambda: iter([old]))
    till.pos.read_webhook(genuine, request.body, rotating)
    with pytest.raises(SignatureInvalid):
        till.pos.read_webhook(forged, request.body, rotating)
    with pytest.raises(SignatureInvalid):
        till.pos.read_webhook(genuine, request.body, Secrets(new))
    with pytest.raises((BodyTooLarge, SignatureInvalid)):
        till.pos.read_webhook(genuine, b"x" * 1_100_000, rotating)


def till_secrets() -> VendorSecrets:
    return VendorSecrets(
        {
            "square_webhook_signature_key": "square-local-signature-key",
            "toast_webhook_secret": "toast-local-webhook-secret",
            "clover_webhook_code": "clover-local-auth-code",
        }
    )


def test_what_it_would_cost_is_asked_without_making_anything(till: Any) -> None:
    """Where the vendor has such a call."""
    quote = till.pos.check_price(till.record())
    assert (quote is not None) is till.pos.capabilities.price_check
    if quote is not None:
        assert quote.total == Money(4040, "USD")
    assert till.simulator.orders() == []


def test_a_list_is_read_beside_what_is_no_object(till: Any) -> None:
    """A ticket is found, and the books of the night have it, and know what could not be read."""
    record = till.record()
    till.make(record)
    till.advance(seconds=60)
    spoil_lists(till, lambda found: ["no object", None, 7, {}, *found, [], {"id": 1}])
    assert till.pos.find(record) is not None
    unread = UnreadOrder("an entry is no object")
    first, second, third, ours, last = books(till)
    assert [first, second, third, last] == [unread] * 4
    assert ours.order_key == record.key


@pytest.mark.parametrize("read", ["find", "books", "state_of", "order_key_of", "void"])
def test_a_success_that_holds_only_errors_is_no_reading(
    till: Any, monkeypatch: pytest.MonkeyPatch, read: str
) -> None:
    """Neither "there is none" follows, which would make a ticket twice, nor "not printed yet"."""
    record = till.record()
    ticket = till.make(record)
    notice = PosNotice("", "", ticket.pos_order_id, None, till.store.location_id)
    error = {"category": "API_ERROR", "code": "INTERNAL_SERVER_ERROR"}
    errors = HttpReply(200, json.dumps({"errors": [error]}).encode())
    monkeypatch.setattr(VendorHttp, "call", lambda *_, **__: errors)
    if read == "order_key_of" and till.pos.vendor == "toast":
        assert till.pos.order_key_of(notice) is None  # its webhooks hold the order
        return
    with pytest.raises(PosOutcomeUnknown):
        {
            "find": lambda: till.pos.find(record),
            "books": lambda: books(till),
            "state_of": lambda: till.pos.state_of(record, ticket),
            "order_key_of": lambda: till.pos.order_key_of(notice),
            "void": lambda: till.pos.void(record, ticket),
        }[read]()


def test_a_list_without_an_end_is_not_read_for_ever(
    till: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A vendor that ignores which page is asked for shows the same one again and again."""
    till.make(till.record())
    page: list[Any] = [{"id": f"A{n}", "guid": f"A{n}"} for n in range(100)]
    square = [{"id": "A", "location_id": till.store.location_id}]
    shown = 0

    def same(*_: Any, **__: Any) -> HttpReply:
        nonlocal shown
        shown += 1
        assert shown < 100
        named = {"square": {"orders": square, "cursor": "c"}, "clover": {"elements": page}}
        return HttpReply(200, json.dumps(named.get(till.pos.vendor, page)).encode())

    monkeypatch.setattr(VendorHttp, "call", same)
    with pytest.raises(PosAnswerUnreadable, match="same page"):
        books(till)
    assert shown == 2


def books(till: Any) -> list[Any]:
    """Return what the till lists of the time around now."""
    return list(till.pos.orders_between(till.store, till.at_ms - 120_000, till.at_ms + 60_000))


OURS = {"square": "metadata", "toast": "externalId", "clover": "note"}
MADE_AT = {"square": "created_at", "toast": "openedDate", "clover": "createdTime"}
COSTS = {"square": "total_money", "toast": "checks", "clover": "total"}
OUR_NAME = {
    "square": lambda key: {"order_key": key},
    "toast": lambda key: f"ORDER-MIDDLEWARE:{key}",
    "clover": lambda key: f"order: {key}\n2 forks",
}
"""How each vendor's entry carries a key of ours."""


def spoiled_entry(till: Any, **changes: Any) -> tuple[Any, Any, Any]:
    """Make an order, and list it with members changed; returns record, ticket and the books."""
    record = till.record()
    ticket = till.make(record)
    till.advance(seconds=60)
    spoil_lists(till, lambda found: [{**one, **changes} for one in found])
    [listed] = books(till)
    return record, ticket, listed


@pytest.mark.parametrize("value", [None, 7, ["yesterday"]])
def test_an_order_of_ours_whose_day_cannot_be_read_is_listed_as_such(till: Any, value: Any) -> None:
    """Left out it would look as if the kitchen had no ticket."""
    changes = {MADE_AT[till.pos.vendor]: value}
    if till.pos.vendor == "clover" and value == 7:
        changes = {"createdTime": "7"}
    if till.pos.vendor == "toast":
        changes["createdDate"] = value
    record, ticket, listed = spoiled_entry(till, **changes)
    assert isinstance(listed, UnreadOrder)
    assert (listed.order_key, listed.pos_order_id) == (record.key, ticket.pos_order_id)


@pytest.mark.parametrize("value", [None, 7, {}])
def test_an_order_of_ours_without_an_id_is_listed_as_such(till: Any, value: Any) -> None:
    """Its key says whose it is."""
    name = "guid" if till.pos.vendor == "toast" else "id"
    record, _, listed = spoiled_entry(till, **{name: value})
    assert isinstance(listed, UnreadOrder)
    assert (listed.order_key, listed.pos_order_id) == (record.key, "")


@pytest.mark.parametrize("key", ["", "uber_eats", "a#b#c d", "x" * 3000, "uber_eats#s#é"])
def test_an_entry_whose_key_is_none_may_be_ours(till: Any, key: str) -> None:
    """Nobody looks an order up by it, and what stands there is told to nobody."""
    _, ticket, listed = spoiled_entry(
        till, **{OURS[till.pos.vendor]: OUR_NAME[till.pos.vendor](key)}
    )
    assert isinstance(listed, UnreadOrder)
    assert (listed.order_key, listed.pos_order_id) == ("", ticket.pos_order_id)
    assert not key or key not in listed.why


@pytest.mark.parametrize("value", [7, ["order"]])
def test_an_entry_that_may_carry_our_key_is_listed(till: Any, value: Any) -> None:
    """Where the key should stand is something that is no such thing."""
    _, ticket, listed = spoiled_entry(till, **{OURS[till.pos.vendor]: value})
    assert isinstance(listed, UnreadOrder)
    assert (listed.order_key, listed.pos_order_id) == ("", ticket.pos_order_id)


def test_somebody_elses_order_is_not_listed(till: Any) -> None:
    """Whatever else is wrong with it."""
    record = till.record()
    till.make(record)
    till.advance(seconds=60)
    theirs = {OURS[till.pos.vendor]: None, MADE_AT[till.pos.vendor]: "never", "state": 7}
    spoil_lists(till, lambda found: [*found, *({**one, **theirs} for one in found)])
    assert [one.order_key for one in books(till)] == [record.key]


@pytest.mark.parametrize("value", [None, "much", {"amount": 1.5, "currency": "USD"}, [{}]])
def test_a_ticket_whose_total_cannot_be_read_is_a_ticket_all_the_same(
    till: Any, value: Any
) -> None:
    """It is not taken for one that costs nothing."""
    record, ticket, listed = spoiled_entry(till, **{COSTS[till.pos.vendor]: value})
    assert isinstance(listed, PosOrder)
    assert (listed.order_key, listed.pos_order_id) == (record.key, ticket.pos_order_id)
    assert listed.total is None


def test_a_list_that_is_none_ends_the_books(till: Any) -> None:
    """What came before it holds; what would have come after it is not known."""
    till.make(till.record())
    till.advance(seconds=60)
    spoil_lists(till, lambda _: {"0": "no list"})
    with pytest.raises(PosAnswerUnreadable):
        books(till)


@pytest.mark.parametrize("till", ["square", "clover"], indirect=True)  # Toast is asked for one
def test_a_list_that_is_none_proves_nothing(till: Any) -> None:
    """Taken for "no such order" it would become a second ticket."""
    record = till.record()
    till.make(record)
    till.advance(seconds=60)
    spoil_lists(till, lambda _: {"0": "no list"})
    with pytest.raises(PosOutcomeUnknown):
        till.pos.find(record)


@pytest.mark.parametrize("till", ["square", "clover"], indirect=True)  # Toast is asked for one
@pytest.mark.parametrize("entry", [None, 7, "order", [], {"note": 7, "reference_id": ["o-1"]}])
def test_what_an_entry_that_cannot_be_read_may_be_is_not_proven_to_be_missing(
    till: Any, entry: Any
) -> None:
    """To make it once more could be a second ticket; to leave it, one that nobody voids."""
    record = till.record()
    till.make(record)
    till.advance(seconds=60)
    spoil_lists(till, lambda found: [entry for _ in found])
    with pytest.raises(PosOutcomeUnknown):
        till.pos.find(record)


@pytest.mark.parametrize("till", ["square", "clover"], indirect=True)
def test_entries_that_are_somebody_elses_prove_that_ours_is_missing(till: Any) -> None:
    """Sales at the counter carry no name of ours."""
    record = till.record()
    till.make(record)
    till.advance(seconds=60)
    spoil_lists(till, lambda _: [{}, {"id": 1}, {"note": None}, {"note": "no onions"}])
    assert till.pos.find(record) is None


def test_a_full_page_with_an_entry_that_is_no_object_is_not_the_last(clover: Any) -> None:
    """What stands on the page after it would be made a second time."""
    records = [clover.record(f"o-{number}") for number in range(101)]
    for record in records:
        clover.pos.create(record)
        clover.advance(seconds=0.1)
    clover.advance(seconds=60)
    spoil_lists(clover, lambda found: [None, *found[1:]] if len(found) > 1 else found)
    found = books(clover)
    assert len([one for one in found if isinstance(one, PosOrder)]) == 100
    assert len(found) == 101


def spoil_lists(till: Any, spoil: Callable[[list[Any]], Any]) -> None:
    """Have every list that a vendor answers with spoiled, at the top or one level below."""
    http = till.pos._http

    class Spoiling:
        def call(self, method: str, url: str, **named: Any) -> HttpReply:
            reply: HttpReply = http.call(method, url, **named)
            content = json.loads(reply.body)
            if isinstance(content, list):
                content = spoil(content)
            else:
                content = {k: spoil(v) if k in LISTS else v for k, v in content.items()}
            return replace(reply, body=json.dumps(content).encode())

    till.pos._http = Spoiling()


LISTS = frozenset({"orders", "objects", "elements"})
"""What vendors call the lists in their answers."""
