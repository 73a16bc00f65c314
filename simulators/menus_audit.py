"""What partners show of each store's menu, compared with the file that was uploaded last."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulators.books import BUCKET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from simulators.menu import Store
    from simulators.street import Street

Json = dict[str, Any]
Names = dict[str, str]


def findings(street: Street) -> Iterator[str]:
    """Yield every partner that does not show a store's newest menu."""
    for store in street.world.generator.stores:
        file = street.uploaded.get(store.store_id)
        if file is None:
            continue
        wanted = {item["id"]: item["name"] for item in file["items"]}
        for channel in file["channels"]:
            if (names := SHOWN[channel](street, store)) != wanted:
                differs = sorted(names.items() ^ wanted.items())[:2]
                yield f"{channel} does not show the newest menu of {store.store_id}: {differs}"


def _uber_eats(street: Street, store: Store) -> Names:
    menu = street.world.uber.menus.shown.get(store.uber_store_id, {"items": []})
    return {item["id"]: item["title"]["translations"]["en_us"] for item in menu["items"]}


def _doordash(street: Street, store: Store) -> Names:
    menus = street.world.doordash.menus.of_store.get(store.doordash_store_id, {})
    if len(menus) != 1:
        return {"menus": str(len(menus))}
    found: Names = {}

    def walk(entry: Mapping[str, Any]) -> None:
        found[entry["merchant_supplied_id"]] = entry["name"]
        for group in entry["extras"]:
            for option in group["options"]:
                walk(option)

    for menu in menus.values():
        for category in menu["menu"]["categories"]:
            for item in category["items"]:
                walk(item)
    return found


def _deliveroo(street: Street, store: Store) -> Names:
    menu = street.world.deliveroo.menus.shown.get(store.deliveroo_site_id, {"items": []})
    return {item["id"]: item["name"]["en"] for item in menu["items"]}


def _open_delivery(street: Street, store: Store) -> Names:
    items = street.world.open_delivery.merchants.items(store.open_delivery_merchant_id)
    return {id_: item["name"] for id_, item in items.items()}


def _shop(street: Street, store: Store) -> Names:
    key = f"shop/menus/{store.store_id}.json"
    body = street.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return {item["id"]: item["name"] for item in json.loads(body)["items"]}


SHOWN: dict[str, Callable[[Street, Store], Names]] = {
    "uber_eats": _uber_eats,
    "doordash": _doordash,
    "deliveroo": _deliveroo,
    "open_delivery": _open_delivery,
    "shop": _shop,
}
