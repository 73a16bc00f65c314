"""One file that a partner delivered: matched, or found unreadable, and put away.

A file is its name and its content. Another content under a known name is a correction: it is
matched anew, orders that only the older content settled are settled no more, and its differences
replace the older ones. The same content again is nothing new.

What came of a file is written down before the file goes away, so that a step that is taken again
tells the same of it, and nothing goes away but the content that was read: what a partner delivers
meanwhile waits for the next night.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.adapters.files import FileTooLarge
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.events import Event, event_id
from chalicelib.domain.order import order_key
from chalicelib.settlement.matching import Source, Why, match, missing
from chalicelib.settlement.statements import MAX_BYTES, Kind, read_statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chalicelib.adapters.files import Found
    from chalicelib.bootstrap import Services
    from chalicelib.settlement.statements import Columns, Line

Data = dict[str, Any]

ROOT = "settlements"
KEEP_DAYS = 400
"""How long it is remembered which file settled an order: longer than orders are kept."""

EVENTS_AT_ONCE = 10
DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a file lies, and whose it is. `file` is CHANNEL/STORE/NAME."""

    run: str
    channel: str
    channel_store_id: str
    store_id: str
    file: str

    @classmethod
    def of(cls, data: Data, key: str) -> Delivery:
        """Return the delivery of a key below new/, in a step of a run."""
        return cls(
            run=data["run"],
            channel=data["channel"],
            channel_store_id=data["channel_store_id"],
            store_id=data["store_id"],
            file=key.removeprefix(f"{ROOT}/new/"),
        )

    @property
    def key(self) -> str:
        """Where partners put it."""
        return f"{ROOT}/new/{self.file}"

    @property
    def outcome_key(self) -> str:
        """Where it is written down what came of it this night."""
        return f"{ROOT}/runs/{self.run}/files/{self.file}.json"

    @property
    def latest_key(self) -> str:
        """Where it is written down which content of it was matched last."""
        return f"{ROOT}/matched/{self._beside('latest')}.json"

    def put_away(self, where: str, version: str) -> str:
        """Return where a content of it goes: matched or unreadable."""
        return f"{ROOT}/{where}/{self._beside(version)}"

    def _beside(self, folder: str) -> str:
        store, _, name = self.file.rpartition("/")
        return f"{store}/{folder}/{name}"


@dataclass(frozen=True, slots=True)
class Latest:
    """The content of a file that was matched last, and the orders that it settled."""

    version: str = ""
    corrections: int = -1
    orders: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a file. `latest` is None when it was not matched."""

    file: str
    etag: str
    version: str = ""
    is_unreadable: bool = False
    is_correction: bool = False
    lines: int = 0
    totals: dict[str, dict[str, int]] = field(default_factory=dict)
    differences: list[Data] = field(default_factory=list)
    latest: Latest | None = None

    @classmethod
    def from_json(cls, body: bytes) -> Outcome:
        """Read what was written down."""
        data = json.loads(body)
        latest = data.pop("latest")
        return cls(**data, latest=None if latest is None else Latest(**latest))


def match_file(services: Services, delivery: Delivery, columns: Columns) -> Outcome | None:
    """Match a file and put it away; None when there is nothing new in it, or no file any more."""
    written = services.files.find(delivery.outcome_key, 2 * MAX_BYTES)
    if written is not None:  # this step is taken a second time
        outcome = Outcome.from_json(written.content)
    else:
        found = _looked_into(services, delivery, columns)
        if found is None:
            return None
        outcome = found
        services.files.write(delivery.outcome_key, json.dumps(asdict(outcome)).encode())
    if outcome.latest is not None:
        services.files.write(delivery.latest_key, json.dumps(asdict(outcome.latest)).encode())
    if not services.files.discard(delivery.key, outcome.etag):
        log.info("settlement.gone_or_replaced", file=delivery.file, version=outcome.version)
    return outcome


def publish(services: Services, events: Iterable[Event]) -> None:
    """Tell the bus, in calls as large as it takes."""
    rest = iter(events)
    while chunk := list(islice(rest, EVENTS_AT_ONCE)):
        services.bus.publish(chunk)


def _looked_into(services: Services, delivery: Delivery, columns: Columns) -> Outcome | None:
    try:
        found = services.files.find(delivery.key, MAX_BYTES)
    except FileTooLarge as error:
        return _too_large(services, delivery, error.etag)
    if found is None:
        return None
    # Read by another table the same content says something else.
    read = hashlib.sha256(f"{columns}\n".encode() + found.content)
    version = read.hexdigest()[:DIGEST_LENGTH]
    before = _latest(services, delivery)
    if version == before.version:
        log.info("settlement.delivered_again", file=delivery.file, version=version)
        services.files.discard(delivery.key, found.etag)
        return None
    try:
        lines = read_statement(found.content, columns)
    except InvalidPayload as error:
        _tell_unreadable(services, delivery, version, str(error))
        services.files.write(delivery.put_away("unreadable", version), found.content, "text/csv")
        return Outcome(delivery.file, found.etag, version, is_unreadable=True)
    return _matched(services, delivery, found, version, before, lines)


def _too_large(services: Services, delivery: Delivery, etag: str) -> Outcome | None:
    """Put away what cannot even be read: by its ETag, which S3 compares as it copies."""
    version = etag.strip('"')[:DIGEST_LENGTH]
    _tell_unreadable(
        services, delivery, version, f"it is larger than {MAX_BYTES // 1024 // 1024} MiB"
    )
    if not services.files.copy(delivery.key, delivery.put_away("unreadable", version), etag):
        return None
    return Outcome(delivery.file, etag, version, is_unreadable=True)


def _matched(
    services: Services,
    delivery: Delivery,
    found: Found,
    version: str,
    before: Latest,
    lines: Sequence[Line],
) -> Outcome:
    named = [(line, _order_of(delivery, line)) for line in lines]
    keys = list(dict.fromkeys(key for _, key in named))
    orders = {record.key: record for record in services.orders.get_all(keys)}
    settled = services.settlements.files_of(keys)
    file, now_ms = delivery.file, services.now_ms()
    source = Source(file, version, before.corrections + 1)
    differences = match(lines, delivery.channel, delivery.channel_store_id, orders, settled, file)
    sold = {key: None for line, key in named if line.kind is Kind.SALE and key in orders}
    mine = [key for key in sold if settled.get(key, file) == file]
    dropped = [key for key in before.orders if key not in sold]
    differences += _dropped(services, file, dropped)
    if before.version:
        publish(services, [_corrected(delivery, source, before, now_ms)])
    publish(services, (one.to_event(source, delivery.store_id, now_ms) for one in differences))
    services.settlements.note(mine, file, version, now_ms // 1000 + KEEP_DAYS * 86_400)
    for key in dropped:
        services.settlements.forget(key, file, version)
    # What was read, and not what lies there now.
    services.files.write(delivery.put_away("matched", version), found.content, "text/csv")
    return Outcome(
        file,
        found.etag,
        version,
        is_correction=bool(before.version),
        lines=len(lines),
        totals=_totals(lines),
        differences=[one.to_dict() for one in differences],
        latest=Latest(version, source.corrections, mine),
    )


def _dropped(services: Services, file: str, keys: Sequence[str]) -> list[Any]:
    """Return what a correction leaves unsettled; what another file has settled since is not it."""
    settled = services.settlements.files_of(keys)
    elsewhere = {key: other for key, other in settled.items() if other != file}
    return missing(services.orders.get_all(keys), elsewhere, Why.DROPPED)


def _order_of(delivery: Delivery, line: Line) -> str:
    return order_key(delivery.channel, delivery.channel_store_id, line.order_id)


def _latest(services: Services, delivery: Delivery) -> Latest:
    written = services.files.find(delivery.latest_key, MAX_BYTES)
    return Latest() if written is None else Latest(**json.loads(written.content))


def _totals(lines: Iterable[Line]) -> dict[str, dict[str, int]]:
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        kind = "sales" if line.kind is Kind.SALE else "adjustments"
        totals[line.currency].update(
            {kind: line.subtotal, "fees": line.fees, "payout": line.payout}
        )
    return {currency: dict(total) for currency, total in totals.items()}


def _corrected(delivery: Delivery, source: Source, before: Latest, now_ms: int) -> Event:
    id_ = event_id("settlement.corrected", source.file, source.version, source.corrections)
    told = {
        "file": source.file,
        "storeId": delivery.store_id,
        "channel": delivery.channel,
        "version": source.version,
        "replaces": before.version,
        "corrections": source.corrections,
        "why": "another content was delivered under a known name: what was found in it is void",
    }
    return Event(id_, "settlement.corrected", source.file, now_ms, told)


def _tell_unreadable(services: Services, delivery: Delivery, version: str, why: str) -> None:
    log.error("settlement.unreadable", file=delivery.key, reason=why)
    id_ = event_id("settlement.unreadable", delivery.run, delivery.file, version)
    told = {
        "file": delivery.file,
        "storeId": delivery.store_id,
        "channel": delivery.channel,
        "why": why,
    }
    now_ms = services.now_ms()
    publish(services, [Event(id_, "settlement.unreadable", delivery.file, now_ms, told)])
