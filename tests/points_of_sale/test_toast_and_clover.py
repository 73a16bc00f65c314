"""What only Toast, and what only Clover asks of its adapter."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from chalicelib.adapters.http import VendorHttp
from chalicelib.adapters.secrets import Secrets, VendorSecrets
from chalicelib.adapters.token_table import Token
from chalicelib.channels.base import SignatureInvalid
from chalicelib.domain.events import iso
from chalicelib.domain.fulfilment import Handover, Person
from chalicelib.domain.money import Money
from chalicelib.domain.refusal import Reason
from chalicelib.pos.base import PosRefused, PosUnavailable
from chalicelib.pos.toast.login import Credentials

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_toast_is_paid_to_the_cent_and_says_who_remits_the_tax(toast: Any) -> None:
    """The amount is the check's total, which only Toast can say."""
    toast.make(toast.record())
    [order] = toast.simulator.orders()
    [check] = order["checks"]
    assert (check["paymentStatus"], check["dueAmount"]) == ("PAID", 0.0)
    assert order["marketplaceFacilitatorTaxInfo"]["facilitatorCollectAndRemitTaxOrder"] is True


def test_toast_logs_in_once_for_many_orders_and_again_when_its_token_is_refused(toast: Any) -> None:
    """Logins have a limit of their own."""
    for number in range(5):
        toast.make(toast.record(f"o-{number}"))
    assert toast.simulator.logins == 1
    toast.advance(seconds=86_400)
    toast.tokens.put("toast", Token("revoked-early", toast.at_ms + 9_999_999))
    toast.make(toast.record("o-9"))
    assert toast.simulator.logins == 2


def test_toast_delivers_to_an_address_with_our_own_driver(toast: Any) -> None:
    """Partners hand one out for merchants' own fleets only."""
    person = Person(
        name="Ada L", phone="555", street="1 Main St", city="Oakland", region="CA",
        postal_code="94601",
    )  # fmt: skip
    toast.make(toast.record(handover=Handover.MERCHANT, person=person, cash_due=Money(500, "USD")))
    [order] = toast.simulator.orders()
    assert order["deliveryInfo"]["address1"] == "1 Main St"
    assert order["checks"][0]["customer"]["firstName"] == "Ada"
    assert "COLLECT CASH 5.00 USD" in str(order)


@pytest.mark.parametrize("missing", ["dining_option", "payment_uber_eats"])
def test_toast_needs_the_stores_settings(toast: Any, missing: str) -> None:
    """Named, so that whoever connects the store knows what the menu file lacks."""
    record = toast.record()
    settings = {k: v for k, v in record.store.pos_settings.items() if k != missing}
    with pytest.raises(PosRefused) as refused:
        toast.make(replace(record, store=replace(record.store, pos_settings=settings)))
    assert f"pos_settings.{missing}" in refused.value.refusal.detail
    assert toast.simulator.orders() == []


def test_a_group_with_credentials_of_its_own_is_opened_with_those(toast: Any) -> None:
    """Our own account opens nothing there, and the group's opens nothing elsewhere."""
    place = toast.store.location_id
    toast.simulator.add_client("group-1", "secret-1", {place})
    toast.simulator.add_client("group-2", "secret-2", {"another"})
    for number in (1, 2):
        credentials = Credentials(f"group-{number}", f"secret-{number}")
        toast.tokens.put(f"toast/group-{number}", Token("", refresh=credentials.text()))
    for number in range(3):
        toast.make(of_group(toast, "group-1", f"o-{number}"))
    assert len(toast.simulator.orders()) == 3
    assert toast.simulator.logins == 1
    assert "toast" not in toast.tokens.rows
    with pytest.raises(PosRefused) as refused:
        toast.make(of_group(toast, "group-2"))
    assert refused.value.refusal.reason is Reason.POS_NOT_READY


def test_a_group_that_takes_its_credentials_back_is_refused_and_named(toast: Any) -> None:
    """Whoever never brought any as well."""
    toast.simulator.add_client("group-1", "secret-1", {toast.store.location_id})
    credentials = Credentials("group-1", "secret-1")
    toast.tokens.put("toast/group-1", Token("", refresh=credentials.text()))
    toast.make(of_group(toast, "group-1"))
    toast.simulator.remove_client("group-1")
    for group in ("group-1", "group-9"):
        with pytest.raises(PosRefused) as refused:
            toast.make(of_group(toast, group, "o-2"))
        assert f"toast/{group} has to connect" in refused.value.refusal.detail
    assert len(toast.simulator.orders()) == 1
    assert "secret-1" not in repr(credentials)


def of_group(toast: Any, group: str, order_id: str = "o-1") -> Any:
    record = toast.record(order_id)
    settings = {**record.store.pos_settings, "group": group}
    return replace(record, store=replace(record.store, pos_settings=settings))


def test_secrets_of_several_subscriptions_stand_side_by_side(toast: Any) -> None:
    """A group's webhooks are signed with a secret of its own."""
    toast.make(toast.record())
    toast.simulator.tick()
    request = toast.webhooks[0]
    headers = {name.lower(): value for name, value in request.headers.items()}
    both = VendorSecrets({"toast_webhook_secret": "another toast-local-webhook-secret"})
    assert toast.pos.read_webhook(headers, request.body, Secrets(both)) is not None
    with pytest.raises(SignatureInvalid):
        other = VendorSecrets({"toast_webhook_secret": "another third"})
        toast.pos.read_webhook(headers, request.body, Secrets(other))


def test_clover_writes_the_next_refresh_token_down_and_uses_it(clover: Any) -> None:
    """Each works once; an access token lasts half an hour."""
    for number in range(3):
        clover.make(clover.record(f"o-{number}"))
        clover.advance(seconds=1800)
    assert clover.simulator.tokens.refreshes == 3
    kept = clover.tokens.rows[f"clover/{clover.store.location_id}"]
    assert kept.refresh not in ("", f"clover-refresh-{clover.store.location_id}")


def test_clover_merchant_without_a_refresh_token_has_to_connect(clover: Any) -> None:
    """Never, or once more: nothing that a retry can mend."""
    clover.tokens.rows.clear()
    with pytest.raises(PosRefused) as refused:
        clover.make(clover.record())
    assert refused.value.refusal.reason is Reason.POS_NOT_READY
    clover.tokens.put(f"clover/{clover.store.location_id}", Token("", refresh="used"))
    with pytest.raises(PosRefused) as again:
        clover.make(clover.record())
    assert "connect its account again" in again.value.refusal.detail


def test_clover_prints_a_line_per_piece_and_a_void_slip(clover: Any) -> None:
    """A slip tells the kitchen of a printed order only."""
    record = clover.record()
    ticket = clover.make(record)
    [order] = clover.simulator.orders()
    assert len(order["lineItems"]) == 3
    clover.pos.void(record, ticket)
    assert clover.simulator.void_slips == [ticket.pos_order_id]
    unprinted = clover.record("o-2")
    clover.pos.void(unprinted, clover.pos.create(unprinted))
    assert len(clover.simulator.void_slips) == 1


def test_clover_looks_through_every_page(clover: Any) -> None:
    """A busy merchant has more orders in a minute than one page holds."""
    records = [clover.record(f"o-{number}") for number in range(120)]
    for record in records:
        clover.pos.create(record)
        clover.advance(seconds=0.1)
    found = clover.pos.find(records[-1])
    assert found is not None
    assert clover.simulator.orders()[-1]["id"] == found.pos_order_id


def test_clovers_first_webhook_brings_a_code_for_a_person(clover: Any) -> None:
    """It is logged; nothing else happens."""
    assert clover.pos.read_webhook({}, b'{"verificationCode": "abc"}', None) == []


def test_clovers_lost_refresh_is_told_and_tried_with_what_is_there(clover: Any) -> None:
    """The old refresh token may still be good: the call may not have been carried out."""
    clover.simulator.faults.add("refresh", "error_before_commit")
    with pytest.raises(PosUnavailable):
        clover.make(clover.record())
    clover.advance(seconds=2)
    clover.make(clover.record())
    assert len(clover.simulator.tickets()) == 1


def test_clovers_list_is_whole_although_orders_leave_it_while_it_is_read(
    clover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages go by offset: what moves to an earlier one would not be found, and be made again."""
    others = [clover.pos.create(clover.record(f"o-{number}")) for number in _slowly(clover, 100)]
    mine = clover.pos.create(clover.record("mine"))
    call = VendorHttp.call

    def one_leaves(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        if "offset=100" in url and len(others) == 100:
            clover.simulator.delete_at_the_till(others.pop().pos_order_id)
        return call(self, method, url, **named)

    monkeypatch.setattr(VendorHttp, "call", one_leaves)
    clover.advance(seconds=1)
    assert clover.pos.find(clover.record("mine")) == mine


def test_toasts_list_is_whole_although_orders_leave_it_while_it_is_read(
    toast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages go by number, and what is changed late leaves the period: others move up."""
    began_ms = toast.at_ms
    made = [toast.pos.create(toast.record(f"o-{number}")) for number in _slowly(toast, 101)]
    first = made[0].pos_order_id
    call = VendorHttp.call

    def one_leaves(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        toast.advance(seconds=0.3)  # five calls a second are allowed
        if "page=2" in url:
            later = iso(began_ms + 40 * 86_400_000)
            toast.simulator._orders[first]["modifiedDate"] = later
        return call(self, method, url, **named)

    monkeypatch.setattr(VendorHttp, "call", one_leaves)
    toast.advance(seconds=1)
    found = list(toast.pos.orders_between(toast.store, began_ms, toast.at_ms))
    assert {one.pos_order_id for one in found} == {ticket.pos_order_id for ticket in made}
    assert len(found) == 101


def _slowly(till: Any, count: int) -> Iterator[int]:
    """Count no faster than a vendor lets a token, or a restaurant, call."""
    for number in range(count):
        till.advance(seconds=0.2)
        yield number


@pytest.mark.parametrize("vendor", ["square", "clover"])
def test_an_order_that_was_held_for_days_is_looked_for_from_when_it_is_made(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    """What the store sold in those days may be thousands of orders, page after page."""
    till, asked, call = request.getfixturevalue(vendor), list[str](), VendorHttp.call
    received_ms = till.at_ms
    till.advance(seconds=3 * 86_400)
    fired = replace(till.record(), received_ms=received_ms, clock_ms=till.at_ms)
    ticket = till.pos.create(fired)

    def noted(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        asked.append(f"{unquote(url)} {named.get('json')}")
        return call(self, method, url, **named)

    monkeypatch.setattr(VendorHttp, "call", noted)
    assert till.pos.find(fired) == ticket
    since_ms = till.at_ms - 60_000
    assert f"createdTime>={since_ms}" in asked[0] or iso(since_ms) in asked[0]


def test_toasts_sums_of_floats_are_read_as_what_was_meant(
    toast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """12.1 + 28.3 is 40.400000000000006 to whoever adds with floats."""
    call = VendorHttp.call

    def added_up(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        reply = call(self, method, url, **named)
        content = json.loads(reply.body)
        for check in content.get("checks", ()):
            check["totalAmount"] += 6e-15 * check["totalAmount"]
        return replace(reply, body=json.dumps(content).encode())

    exact = toast.make(toast.record("o-1"))
    monkeypatch.setattr(VendorHttp, "call", added_up)
    assert toast.pos.create(toast.record("o-2")).total == exact.total
