"""SearchOrders: filter, sort and page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.instants import from_rfc3339
from simulators.pos.square import fields
from simulators.pos.square.catalog import read_cursor, write_cursor
from simulators.pos.square.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]

SORT_FIELDS = {"CREATED_AT": "created_at", "UPDATED_AT": "updated_at", "CLOSED_AT": "closed_at"}


def search_orders(orders: Iterable[Json], body: Json) -> Json:
    """Return SearchOrdersResponse for the orders of the locations asked for (1 to 10)."""
    locations = fields.texts(body.get("location_ids"), "location_ids")
    if not 1 <= len(locations) <= 10:
        raise invalid("INVALID_VALUE", "1 to 10 location ids.", "location_ids")
    limit = fields.whole_number(body.get("limit", 500), "limit", least=1, most=1000)
    query = fields.mapping(body.get("query") or {}, "query")
    wanted = fields.mapping(query.get("filter") or {}, "query.filter")
    found = [
        order for order in orders if order["location_id"] in locations and _passes(order, wanted)
    ]
    sort = fields.mapping(query.get("sort") or {}, "query.sort")
    _check_sort_matches(sort, _part(wanted, "date_time_filter"))
    _sort(found, sort)
    start = read_cursor(body.get("cursor"))
    page = found[start : start + limit]
    answer: Json = {"orders": page}
    if body.get("return_entries"):
        answer = {
            "order_entries": [
                {
                    "order_id": order["id"],
                    "version": order["version"],
                    "location_id": order["location_id"],
                }
                for order in page
            ]
        }
    if start + limit < len(found):
        answer["cursor"] = write_cursor(start + limit)
    return answer


def _check_sort_matches(sort: Json, filtered: Json) -> None:
    """A time filter must filter the field sorted by (SearchOrdersDateTimeFilter, "Important")."""
    sorted_by = SORT_FIELDS.get(sort.get("sort_field", "CREATED_AT"))
    if filtered and list(filtered) != [sorted_by]:
        detail = "The time filter must be on the field that is sorted by, and only on it."
        raise invalid("CONFLICTING_PARAMETERS", detail, "query.sort.sort_field")


def _sort(found: list[Json], sort: Json) -> None:
    name = SORT_FIELDS.get(sort.get("sort_field", "CREATED_AT"))
    direction = sort.get("sort_order", "DESC")
    if name is None or direction not in ("ASC", "DESC"):
        raise invalid("INVALID_SORT_ORDER", "Unknown sort.", "query.sort")
    if direction == "DESC":
        found.reverse()  # orders of one instant: the later created first
    found.sort(key=lambda order: order.get(name, ""), reverse=direction == "DESC")


def _passes(order: Json, wanted: Json) -> bool:
    states = _part(wanted, "state_filter").get("states")
    if states and order["state"] not in states:
        return False
    names = _part(wanted, "source_filter").get("source_names")
    if names and (order.get("source") or {}).get("name") not in names:
        return False
    for name, bounds in _part(wanted, "date_time_filter").items():
        if not _within(order.get(name), bounds, f"query.filter.date_time_filter.{name}"):
            return False
    return True


def _part(wanted: Json, name: str) -> Json:
    return fields.mapping(wanted.get(name) or {}, f"query.filter.{name}")


def _within(instant: str | None, bounds: Any, field: str) -> bool:
    if instant is None:
        return False
    at_ms = from_rfc3339(instant)
    limits = fields.mapping(bounds, field)
    try:
        start = from_rfc3339(limits["start_at"]) if limits.get("start_at") else at_ms
        end = from_rfc3339(limits["end_at"]) if limits.get("end_at") else at_ms
    except (ValueError, TypeError) as error:
        raise invalid("INVALID_TIME", "Not an RFC 3339 timestamp.", field) from error
    return start <= at_ms <= end
