"""Square's Catalog API for reading: list, get, batch-retrieve, search.

Objects are dicts in Square's own shape (CatalogObject in the OpenAPI document). Variations and
modifiers live inside their item or modifier list, and are found by id on their own as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.instants import rfc3339
from simulators.pos.square import fields
from simulators.pos.square.errors import refuse
from simulators.wsgi import Request, Response, Route

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE = 100

Json = dict[str, Any]


class Catalog:
    """One seller's catalogue; `objects` maps every id, nested ones too, to its object."""

    def __init__(self, objects: Iterable[Json]) -> None:
        self.top_level: list[Json] = []
        self.objects: dict[str, Json] = {}
        self.replace(objects)

    def replace(self, objects: Iterable[Json]) -> None:
        """Publish another catalogue: what is not in it is gone."""
        self.top_level = list(objects)
        self.objects.clear()
        for entry in self.top_level:
            self.objects[entry["id"]] = entry
            nested = entry.get("item_data", {}).get("variations", [])
            nested = nested or entry.get("modifier_list_data", {}).get("modifiers", [])
            self.objects.update((inner["id"], inner) for inner in nested)

    def routes(self) -> list[Route]:
        """Return the operations."""
        return [
            Route("GET", "/v2/catalog/list", "ListCatalog", self.list_catalog),
            Route("GET", "/v2/catalog/object/{object_id}", "RetrieveCatalogObject", self.get),
            Route("POST", "/v2/catalog/batch-retrieve", "BatchRetrieveCatalogObjects", self.batch),
            Route("POST", "/v2/catalog/search", "SearchCatalogObjects", self.search),
        ]

    def mark(
        self, location_id: str, object_id: str, *, sold_out: bool, until: str | None = None
    ) -> None:
        """Mark a variation or a modifier as sold out at one location, or as there again."""
        found = self.objects[object_id]
        data = found[f"{found['type'].lower()}_data"]
        kept = [o for o in data.get("location_overrides", []) if o["location_id"] != location_id]
        override: Json = {"location_id": location_id, "sold_out": sold_out}
        if sold_out and until:
            override["sold_out_valid_until"] = until
        data["location_overrides"] = [*kept, override]

    def list_catalog(self, request: Request) -> Response:
        """ListCatalog: a page of the objects of the types asked for (comma-separated)."""
        types = {name.strip().upper() for name in request.query.get("types", "").split(",")} - {""}
        return Response.of_json(
            self._page(self._of_types(types), request.query.get("cursor"), PAGE)
        )

    def get(self, _request: Request, object_id: str) -> Response:
        """RetrieveCatalogObject."""
        found = self.objects.get(object_id)
        if found is None:
            raise refuse(404, "NOT_FOUND", f"Catalog object with ID {object_id} was not found.")
        return Response.of_json({"object": found})

    def batch(self, request: Request) -> Response:
        """BatchRetrieveCatalogObjects: the objects that exist; unknown ids are left out."""
        wanted = fields.texts(request.json_object().get("object_ids"), "object_ids")
        if not wanted:
            raise refuse(400, "MISSING_REQUIRED_PARAMETER", "Missing object_ids.", "object_ids")
        return Response.of_json(
            {"objects": [self.objects[name] for name in wanted if name in self.objects]}
        )

    def search(self, request: Request) -> Response:
        """SearchCatalogObjects: by type, and by exact or prefix match of the name."""
        body = request.json_object()
        limit = fields.whole_number(body.get("limit", PAGE), "limit", least=1, most=1000)
        query = fields.mapping(body.get("query", {}), "query")
        found = self._of_types(set(fields.texts(body.get("object_types"), "object_types")))
        for kind in ("exact_query", "prefix_query"):
            if kind in query:
                found = [entry for entry in found if _matches(entry, query[kind], kind)]
        return Response.of_json(self._page(found, body.get("cursor"), limit))

    def _of_types(self, types: set[str]) -> list[Json]:
        if not types:
            return self.top_level
        return [entry for entry in self.objects.values() if entry["type"] in types]

    def _page(self, found: list[Json], cursor: Any, limit: int) -> Json:
        start = read_cursor(cursor)
        page: Json = {"objects": found[start : start + limit]}
        if start + limit < len(found):
            page["cursor"] = write_cursor(start + limit)
        return page


def inventory_counts(location_id: str, object_id: str, quantity: str, now_ms: int) -> Json:
    """Return what inventory.count.updated tells of an item at one location."""
    count = {
        "calculated_at": rfc3339(now_ms),
        "catalog_object_id": object_id,
        "catalog_object_type": "ITEM_VARIATION",
        "location_id": location_id,
        "quantity": quantity,
        "state": "IN_STOCK",
    }
    return {"inventory_counts": [count]}


def write_cursor(start: int) -> str:
    """Return the opaque text by which a client asks for the page that begins at `start`."""
    return f"C{start:x}"


def read_cursor(cursor: Any) -> int:
    """Return where a page begins; raises Refusal for a cursor we did not hand out."""
    if cursor in (None, ""):
        return 0
    try:
        if not isinstance(cursor, str) or not cursor.startswith("C"):
            raise ValueError(cursor)
        return int(cursor[1:], 16)
    except ValueError as error:
        raise refuse(400, "INVALID_CURSOR", "The cursor is not valid.", "cursor") from error


def _matches(entry: Json, query: Any, kind: str) -> bool:
    wanted = fields.mapping(query, f"query.{kind}")
    attribute = str(wanted.get("attribute_name", "name"))
    actual = str(entry.get(f"{entry['type'].lower()}_data", {}).get(attribute, "")).lower()
    if kind == "exact_query":
        return actual == str(wanted.get("attribute_value", "")).lower()
    return actual.startswith(str(wanted.get("attribute_prefix", "")).lower())
