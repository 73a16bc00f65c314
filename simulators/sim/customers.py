"""The orders of a plan, as customers place them: for now, for later, and wrong ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from simulators.channels.uber_eats.simulator import UberEats
from simulators.instants import rfc3339
from simulators.menu import DELIVEROO, DOORDASH, OPEN_DELIVERY, SHOP, UBER_EATS
from simulators.orders import OrderGenerator
from simulators.sim import plan as plans

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.cart import PlacedOrder
    from simulators.menu import Store
    from simulators.sim.plan import OrderPlan
    from simulators.world import World

Json = dict[str, Any]

PREP_MS = 15 * 60_000


def placed(world: World, planned: OrderPlan, seed: int, store: Store, now_ms: int) -> PlacedOrder:
    """Place an order of the plan at its partner."""
    order = written(planned, seed, store, now_ms)
    if planned.channel == SHOP:
        return replace(order, order_id=world.place(order))
    channel = world.channels[planned.channel]
    if planned.kind == plans.SCHEDULED and isinstance(channel, UberEats):
        order_id = channel.place_scheduled(order.payload)
    else:
        order_id = channel.place(order.payload)
    return replace(order, order_id=order_id)


def written(planned: OrderPlan, seed: int, store: Store, now_ms: int) -> PlacedOrder:
    """Return an order of the plan with its partner's payload."""
    # A number of its own per seed and order: what is left out of a plan changes no other order.
    generator = OrderGenerator(seed=seed, stores=[store], channels=[planned.channel])
    order = generator.order(planned.number, now_ms)
    if planned.is_fetched:
        fetch(order.payload)
    if planned.card:
        order.payload["payment_method"] = planned.card
    if planned.kind == plans.SCHEDULED:
        _FOR_LATER[planned.channel](order.payload, now_ms + planned.later_ms)
    elif planned.kind == plans.UNMAPPED:
        _first_item(order)[_ITEM_ID[planned.channel]] = "not-on-the-menu"
        if planned.channel == UBER_EATS:
            _first_item(order)["id"] = "not-on-the-menu"
    elif planned.kind == plans.MISPRICED:
        _misprice(order.payload, planned.channel)
    return order


_ITEM_ID = {
    UBER_EATS: "external_data",
    DOORDASH: "merchant_supplied_id",
    DELIVEROO: "pos_item_id",
    OPEN_DELIVERY: "externalCode",
    SHOP: "id",
}


def _first_item(order: PlacedOrder) -> Json:
    payload = order.payload
    if order.channel == UBER_EATS:
        payload = payload["cart"]
    elif order.channel == DOORDASH:
        payload = payload["categories"][0]
    first: Json = payload["items"][0]
    return first


def _misprice(payload: Json, channel: str) -> None:
    """Let the partner say that the goods cost a cent."""
    if channel == UBER_EATS:
        payload["payment"]["charges"]["sub_total"]["amount"] = 1
    elif channel == DOORDASH:
        payload["subtotal"] = 1
    elif channel == DELIVEROO:
        payload["subtotal"]["fractional"] = 1
        payload["partner_order_subtotal"]["fractional"] = 1
    elif channel == SHOP:
        payload["total"] = 1
    else:
        payload["total"]["itemsPrice"]["value"] = 0.01


def _uber_later(payload: Json, begins_ms: int) -> None:
    payload["estimated_ready_for_pickup_at"] = rfc3339(begins_ms + PREP_MS)


def _deliveroo_later(payload: Json, begins_ms: int) -> None:
    payload["asap"] = False
    payload["start_preparing_at"] = rfc3339(begins_ms)
    payload["prepare_for"] = rfc3339(begins_ms + PREP_MS)
    payload["confirm_at"] = rfc3339(begins_ms + PREP_MS // 2)


def _open_delivery_later(payload: Json, begins_ms: int) -> None:
    payload["orderTiming"] = "SCHEDULED"
    payload["preparationStartDateTime"] = rfc3339(begins_ms)
    payload["schedule"] = {"scheduledDateTimeStart": rfc3339(begins_ms + PREP_MS)}


def _shop_later(payload: Json, begins_ms: int) -> None:
    payload["ready_at"] = rfc3339(begins_ms + PREP_MS)


def fetch(payload: Json) -> None:
    """Let the customer of our shop fetch the food: no courier, no fee."""
    payload["total"] -= payload.pop("delivery_fee", 0)
    payload["handover"] = "pickup"


_FOR_LATER: dict[str, Callable[[Json, int], None]] = {
    UBER_EATS: _uber_later,
    DELIVEROO: _deliveroo_later,
    OPEN_DELIVERY: _open_delivery_later,
    SHOP: _shop_later,
}
