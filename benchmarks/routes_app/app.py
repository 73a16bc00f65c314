"""One route, as small as a route can be: what is measured is the way to it."""

from __future__ import annotations

from chalice import Chalice

app = Chalice(app_name="routes")


@app.route("/items/{key}", methods=["GET", "POST"])
def item(key: str) -> dict[str, str]:
    return {"key": key}
