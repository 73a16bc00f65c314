"""Cut the calls that we make out of Square's OpenAPI document, as JSON Schemas.

    python scripts/square_openapi.py api.json > tests/points_of_sale/square_openapi.json

`api.json` is github.com/square/connect-api-specification (Apache License 2.0). Types, limits, enums
and required members are kept, prose and examples are not. In requests, members that Square calls
read-only are left out, and every object is closed: a member that the document does not know is an
error, which is what the check is for.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

CALLS = (
    ("post", "/oauth2/token"),
    ("post", "/v2/orders"),
    ("post", "/v2/orders/search"),
    ("get", "/v2/orders/{order_id}"),
    ("put", "/v2/orders/{order_id}"),
    ("post", "/v2/orders/{order_id}/pay"),
    ("post", "/v2/payments"),
    ("post", "/v2/refunds"),
    ("post", "/v2/inventory/counts/batch-retrieve"),
)
KEPT = ("type", "format", "minLength", "maxLength", "minimum", "maximum", "enum", "maxItems")
PREFIX = "#/components/schemas/"

Json = dict[str, Any]


class Cut:
    """Collects the schemas that the calls need, once for requests and once for replies."""

    def __init__(self, document: Json) -> None:
        self._schemas: Json = document["components"]["schemas"]
        self.definitions: Json = {}

    def schema(self, source: Json, side: str) -> Json:
        """Return a schema as JSON Schema has it."""
        if "$ref" in source:
            made: Json = {"$ref": f"#/$defs/{self._define(source['$ref'], side)}"}
        else:
            made = {name: source[name] for name in KEPT if name in source}
            if "properties" in source:
                made["properties"] = {
                    name: self.schema(one, side)
                    for name, one in source["properties"].items()
                    if not (side == "request" and one.get("readOnly"))
                }
                made["additionalProperties"] = False
                required = [n for n in source.get("required", []) if n in made["properties"]]
                made |= {"required": required} if required else {}
            elif isinstance(source.get("additionalProperties"), dict):
                made["additionalProperties"] = self.schema(source["additionalProperties"], side)
            if "items" in source:
                made["items"] = self.schema(source["items"], side)
        if not source.get("nullable"):
            return made
        if "$ref" in made or "enum" in made:
            return {"anyOf": [made, {"type": "null"}]}
        return made | {"type": [made["type"], "null"]}

    def _define(self, reference: str, side: str) -> str:
        name = reference.removeprefix(PREFIX)
        key = f"{side}.{name}"
        if key not in self.definitions:
            self.definitions[key] = {}
            # The document names a few schemas that it does not have: anything fits those.
            self.definitions[key] = self.schema(self._schemas.get(name, {}), side)
        return key


def cut(document: Json) -> Json:
    """Return the calls, and the schemas that they name."""
    made = Cut(document)
    calls: Json = {}
    for method, path in CALLS:
        operation = document["paths"].get(path, {}).get(method)
        if operation is None:
            continue
        body, parameters = operation.get("requestBody"), operation.get("parameters", [])
        calls[f"{method.upper()} {path}"] = {
            "operation": operation["operationId"],
            "query": sorted(one["name"] for one in parameters if one["in"] == "query"),
            "request": made.schema(_json(body), "request") if body else None,
            "reply": made.schema(_json(operation["responses"]["200"]), "reply"),
        }
    return {
        "$comment": "Cut from Square's OpenAPI document by scripts/square_openapi.py."
        " Copyright Square, Inc., Apache License 2.0.",
        "calls": calls,
        "$defs": dict(sorted(made.definitions.items())),
    }


def written(made: Json) -> str:
    """Return it as text, a schema a line."""
    parts = [f' "$comment": {json.dumps(made["$comment"])}']
    for name in ("calls", "$defs"):
        lines = (f"  {json.dumps(key)}: {json.dumps(one)}" for key, one in made[name].items())
        parts.append(f' "{name}": {{\n' + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _json(holder: Json) -> Json:
    schema: Json = holder["content"]["application/json"]["schema"]
    return schema


if __name__ == "__main__":
    sys.stdout.write(written(cut(json.loads(Path(sys.argv[1]).read_text()))))
