"""Which partner has which version of a store's menu; and once more, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import VersionConflict
from chalicelib.domain.events import iso
from chalicelib.ops.desk import OpsError

if TYPE_CHECKING:
    from chalicelib.domain.publication import Publication
    from chalicelib.ops.desk import Desk

ATTEMPTS = 6


def menus_of(desk: Desk, store_id: str, *, again: bool, channel: str = "") -> list[dict[str, Any]]:
    """Return a row per partner of a store; with `again` each (or one) gets the menu once more."""
    rows = desk.publications.of_store(store_id)
    if not rows:
        raise OpsError(f"no menu of a store {store_id!r} was published")
    if channel and channel not in rows:
        raise OpsError(f"{store_id} has no partner {channel!r}: {', '.join(sorted(rows))}")
    names = [channel] if channel else sorted(rows)
    if again:
        names = [name for name in names if channel or rows[name].version]
        rows |= {name: _ask_again(desk, store_id, name) for name in names}
        wakes = [{"menu": rows[name].key} for name in names]
        desk.queues.send_all(desk.names.channel_callbacks_queue, wakes)
    return [_shown(rows[name]) for name in names]


def _ask_again(desk: Desk, store_id: str, channel: str) -> Publication:
    for _ in range(ATTEMPTS):
        row = desk.publications.get(store_id, channel)
        if row is None or not row.version:
            raise OpsError(f"{store_id} sells nothing at {channel} any more")
        try:
            return desk.publications.save(row.ask(row.version, desk.now_ms()))
        except VersionConflict:
            continue
    raise VersionConflict(f"{store_id}#{channel}")


def _shown(row: Publication) -> dict[str, Any]:
    return {
        "store": row.store_id,
        "channel": row.channel,
        "state": _state(row),
        "version": row.version,
        "has": row.done_version,
        "since": iso(row.done_ms) if row.done_ms else "",
        "tries": row.tries,
        "why": row.why,
    }


def _state(row: Publication) -> str:
    if not row.version:
        return "unlinked"
    if row.is_waiting:
        return "sent"
    if row.done >= row.asked:
        return "published"
    return "refused" if row.refused >= row.asked else "owed"
