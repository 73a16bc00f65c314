"""DoorDash's menus: a job per upload, one at a time, whose end is told by a webhook.

From DoorDash's developer pages ("Marketplace": menus, menu push, menu status callback, menu
processing): a POST makes a menu and a second one a second menu; PATCH replaces one; `open_hours`,
`special_hours` and the menu's name are required; while a job is pending another is refused. A job
has two phases: with hours that are wrong the menu is there, and the job has failed.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from simulators.channels.menu_checks import member, minute, objects, text, unique, whole
from simulators.instants import rfc3339
from simulators.simulator import Refusal
from simulators.wsgi import BodyError, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
WORKS_MS = 4_000


PROVIDER_TYPE = "golden_crumb"
"""What DoorDash calls the integration whose stores these are."""


class Menus:
    """The menus of each store by their UUIDs. `publish` sends the callback."""

    def __init__(
        self,
        now_ms: Callable[[], int],
        later: Callable[[int, Callable[[], None]], None],
        publish: Callable[[Json, str], None],
        refuse: Callable[[int, str], Response],
        new_id: Callable[[], str],
    ) -> None:
        self.of_store: dict[str, dict[str, Json]] = {}
        self.pending: dict[str, Json] = {}
        self._status: dict[str, Json] = {}
        self._now_ms = now_ms
        self._later = later
        self._publish = publish
        self._refuse = refuse
        self._new_id = new_id

    def create(self, request: Request) -> Response:
        """POST menus: a new menu, whatever there is already."""
        return self._begin(request, "MenuCreate", "")

    def update(self, request: Request, menu_id: str) -> Response:
        """PATCH menus/{id}: that menu's content."""
        if not any(menu_id in menus for menus in self.of_store.values()):
            raise Refusal(self._refuse(404, "Menu does not exist"))
        return self._begin(request, "MenuUpdate", menu_id)

    def details(self, _request: Request, store_id: str) -> Response:
        """GET stores/{id}/menu_details: its menus, and how the latest job of each stands."""
        menus = [
            {
                "menu_id": menu_id,
                "name": menu["menu"]["name"],
                "is_active": True,
                "is_pos_menu": True,
                "latest_menu_update": self._latest(store_id),
                "open_hours": menu["open_hours"],
                "special_hours": menu["special_hours"],
            }
            for menu_id, menu in self.of_store.get(store_id, {}).items()
        ]
        if not menus and store_id in self.pending:
            menus = [{"menu_id": "", "name": "", "latest_menu_update": self._latest(store_id)}]
        return Response.of_json({"merchant_supplied_id": store_id, "menu": menus})

    def _latest(self, store_id: str) -> Json:
        if store_id in self.pending:
            return {"status": "PENDING", "created_at": rfc3339(self._now_ms())}
        return self._status.get(store_id, {})

    def _begin(self, request: Request, kind: str, menu_id: str) -> Response:
        body = request.json_object()
        store = member(body, "store")
        store_id = text(store, "merchant_supplied_id")
        if text(store, "provider_type") != PROVIDER_TYPE:
            raise Refusal(self._refuse(400, "This provider type is not known"))
        objects(body, "open_hours")
        objects(body, "special_hours")
        text(member(body, "menu"), "name")
        if store_id in self.pending:
            raise Refusal(self._refuse(400, "A menu job of this store is pending"))
        reference = body.get("reference") or self._new_id()
        self.pending[store_id] = body
        self._later(
            self._now_ms() + WORKS_MS, lambda: self._end(store_id, kind, menu_id, reference)
        )
        return Response.of_json({"reference": reference, "status": "PENDING"})

    def _end(self, store_id: str, kind: str, menu_id: str, reference: str) -> None:
        body = self.pending.pop(store_id)
        event = {"type": kind, "status": "SUCCESS", "reference": reference}
        try:
            check_menu(body["menu"])
            menu_id = menu_id or self._new_id()
            self.of_store.setdefault(store_id, {})[menu_id] = body
            check_hours(body)
        except BodyError as error:
            event |= {"status": "FAILURE", "details": str(error)}
        self._status[store_id] = {"status": event["status"], "created_at": rfc3339(self._now_ms())}
        payload: Json = {"event": event, "store": {"merchant_supplied_id": store_id}}
        self._publish(payload | ({"menu": {"id": menu_id}} if menu_id else {}), store_id)


def check_menu(menu: Json) -> None:
    """Raise BodyError for a menu that DoorDash would not make."""
    categories = objects(menu, "categories")
    unique(categories, "categories", "merchant_supplied_id")
    for category in categories:
        text(category, "name")
        for item in objects(category, "items"):
            _check_entry(item)


def check_hours(body: Json) -> None:
    """Raise BodyError for hours that are wrong: the second phase of a job."""
    if not body["open_hours"]:
        raise BodyError("open_hours is empty")
    for hours in body["open_hours"]:
        if hours.get("day_index") not in DAYS:
            raise BodyError("day_index must be MON to SUN")
        _check_period(hours)
    for hours in body["special_hours"]:
        try:
            date.fromisoformat(str(hours.get("date")))
        except ValueError:
            raise BodyError("special_hours has what is no date") from None
        if not isinstance(hours.get("closed"), bool):
            raise BodyError("special_hours.closed must be true or false")
        _check_period(hours)


def _check_period(hours: Json) -> None:
    start, end = (minute(hours.get(name), name) for name in ("start_time", "end_time"))
    if end <= start:
        raise BodyError("end_time is not after start_time")


def _check_entry(entry: Json) -> None:
    text(entry, "name")
    text(entry, "merchant_supplied_id")
    whole(entry, "price")
    for group in objects(entry, "extras"):
        text(group, "name")
        options = objects(group, "options")
        if whole(group, "min_num_options") > whole(group, "max_num_options") or not options:
            raise BodyError("extras: nothing can be chosen")
        unique(options, "options", "merchant_supplied_id")
        for option in options:
            _check_entry(option)
