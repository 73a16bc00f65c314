"""Our order as Toast writes one.

Source: doc.toasttab.com, Orders API, Order; amounts there are decimal numbers of the major unit.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chalicelib.domain.charges import ChargeKind, Party
from chalicelib.domain.money import EXPONENTS
from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.pos.base import REFUSED, PosRefused
from chalicelib.pos.writing import kitchen_note, ticket_title, whole

if TYPE_CHECKING:
    from chalicelib.domain.fulfilment import Person
    from chalicelib.domain.money import Money
    from chalicelib.domain.order import Line, Modifier, Order
    from chalicelib.domain.store import Store

NAMING_AUTHORITY = "ORDER-MIDDLEWARE"
REQUEST_LENGTH = 255
"""Toast publishes no length for a special request; a longer one has no place on a ticket."""


def external_id(order_key: str) -> str:
    """Return the name under which Toast keeps an order: unique, and our key can be read off it."""
    return f"{NAMING_AUTHORITY}:{order_key}"


def external_key(external: str) -> str | None:
    """Return what stands behind our name in an external id, None when that is somebody else's."""
    authority, _, key = external.partition(":")
    return key if authority == NAMING_AUTHORITY else None


def order_key(external: object) -> str | None:
    """Return the order's key behind an external id, None when it is not one of ours."""
    return external_key(str(external)) or None


def order_body(order: Order, store: Store, paid: Money | None = None) -> dict[str, Any]:
    """Return the order with one check; `paid` is what the partner has taken for us."""
    check: dict[str, Any] = {
        "selections": [_selection(line) for line in order.lines],
        "tabName": ticket_title(order)[:255],
    }
    if note := kitchen_note(order):
        check["selections"][0].setdefault("modifiers", []).append(_request(note))
    if order.person is not None:
        check["customer"] = _customer(order.person)
    if paid is not None and paid.amount:
        check["payments"] = [_payment(order, store, paid)]
    body: dict[str, Any] = {
        "externalId": external_id(order.key),
        "diningOption": {"guid": _setting(store, "dining_option")},
        "promisedDate": None,  # what is for later is held by us until it is due
        "requiredPrepTime": f"PT{store.prep_minutes}M",
        "checks": [check],
        "marketplaceFacilitatorTaxInfo": {
            "facilitatorCollectAndRemitTaxOrder": _remitted_for_us(order),
            "taxes": [],
        },
    }
    if order.person is not None:
        body["deliveryInfo"] = _delivery(order.person)
    return body


def number(money: Money) -> float:
    """Return money as Toast's decimal number."""
    return float(Decimal(money.amount).scaleb(-EXPONENTS[money.currency]))


def _selection(line: Line) -> dict[str, Any]:
    selection: dict[str, Any] = {
        "item": {"guid": line.pos_id},
        "quantity": line.quantity,
        "externalPriceAmount": number(line.price),
        "displayName": line.name,
    }
    modifiers = [
        part for modifier in line.modifiers for part in [_modifier(modifier)] * modifier.quantity
    ]
    if line.note:
        modifiers.append(_request(line.note))
    if modifiers:
        selection["modifiers"] = modifiers
    return selection


def _modifier(modifier: Modifier) -> dict[str, Any]:
    """Toast names an option by its group as well, so its id in the menu file is "group~option"."""
    group, separator, option = modifier.pos_id.partition("~")
    if not separator:
        detail = f"option {modifier.id} has no group in the menu file (pos_id: group~option)"
        raise PosRefused(Refusal(Reason.UNMAPPED_ITEM, REFUSED, detail=detail))
    selection: dict[str, Any] = {
        "item": {"guid": option},
        "optionGroup": {"guid": group},
        "quantity": 1,
        "externalPriceAmount": number(modifier.price),
        "displayName": modifier.name,
    }
    below = [part for inner in modifier.modifiers for part in [_modifier(inner)] * inner.quantity]
    if below:
        selection["modifiers"] = below
    return selection


def _request(note: str) -> dict[str, Any]:
    return {
        "selectionType": "SPECIAL_REQUEST",
        "displayName": whole(note, REQUEST_LENGTH),
        "quantity": 1,
    }


def _payment(order: Order, store: Store, paid: Money) -> dict[str, Any]:
    tip = order.charged(ChargeKind.TIP, Party.MERCHANT)
    return {
        "type": "OTHER",
        "otherPayment": {"guid": _setting(store, f"payment_{order.channel}")},
        "amount": number(paid),
        "tipAmount": number(tip),
    }


def _remitted_for_us(order: Order) -> bool:
    taxes = [charge for charge in order.charges if charge.kind is ChargeKind.TAX]
    return all(charge.party is Party.MARKETPLACE for charge in taxes)


def _customer(person: Person) -> dict[str, str]:
    first, _, last = person.name.partition(" ")
    return {
        "firstName": first or "Guest",
        "lastName": last or "-",
        "phone": person.phone or "0000000000",
        "email": "no-reply@example.com",  # Toast demands one; partners do not hand it out
    }


def _delivery(person: Person) -> dict[str, str]:
    return {
        "address1": person.street,
        "city": person.city,
        "state": person.region,
        "zipCode": person.postal_code,
        "notes": person.instructions[:255],
    }


def _setting(store: Store, name: str) -> str:
    value = store.pos_settings.get(name)
    if not value:
        detail = f"store {store.store_id} has no pos_settings.{name} in its menu file"
        raise PosRefused(Refusal(Reason.POS_NOT_READY, REFUSED, detail=detail))
    return value
