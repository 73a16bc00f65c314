"""The steps of the workflow nightly-settlement: plan, match (one store, in parallel), report.

Each may be taken twice: the same files give the same events, and what is noted or moved already
is so. In the bucket, below settlements/:

    new/CHANNEL/STORE/NAME.csv         what partners delivered
    columns/CHANNEL.json               what a partner calls our words (statements.py), if not so
    matched/… unreadable/…             where a file goes after that
    runs/RUN/                          what a night found: stores.json, stores/…, report.*
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.events import Event, event_id
from chalicelib.domain.order import order_key
from chalicelib.settlement.matching import Difference, match, missing
from chalicelib.settlement.report import Row, csv_report, html_report
from chalicelib.settlement.statements import MAX_BYTES, OURS, Columns, Kind, read_statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from chalicelib.bootstrap import Services
    from chalicelib.settlement.statements import Line

Data = dict[str, Any]

ROOT = "settlements"
GRACE_DAYS = 8
"""How many days after its own an order has to be settled: partners pay by the week."""

KEEP_DAYS = 400
"""How long it is remembered which file settled an order: longer than orders are kept."""

FILES_A_NIGHT = 200
"""Per store: more than that would not fit what a workflow may carry. The rest waits a night."""

EVENTS_AT_ONCE = 10


def plan(services: Services, data: Data) -> Data:
    """Write down what is to be done: every store of every partner, with its files.

    `data`: {"run", "started" (RFC 3339)}, and "day" (YYYY-MM-DD) to look for what is missing on
    another day than the one that is GRACE_DAYS past.
    """
    day = _day(data)
    files: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key in services.files.keys(f"{ROOT}/new/"):
        parts = key.split("/")
        if len(parts) == 5 and parts[4]:
            files[parts[2], parts[3]].append(key)
        else:
            log.warning("settlement.misplaced", file=key)
    owners = {(channel, id_): store.store_id for channel, id_, store in services.stores.all()}
    stores = [
        {
            "run": data["run"],
            "day": day,
            "channel": channel,
            "channel_store_id": id_,
            "store_id": owners.get((channel, id_), ""),
            "files": files.get((channel, id_), [])[:FILES_A_NIGHT],
        }
        for channel, id_ in sorted(owners.keys() | files.keys())
    ]
    key = f"{_folder(data)}/stores.json"
    services.files.write(key, json.dumps(stores).encode())
    log.info("settlement.planned", run=data["run"], stores=len(stores), day=day)
    return {"bucket": services.config.names.bucket, "key": key, "folder": _folder(data), "day": day}


def match_store(services: Services, data: Data) -> Data:
    """Match the files of one store at one partner, and look for what is in none of them."""
    found = _Found()
    for key in data["files"]:
        _match_file(services, data, key, found)
    _look_for_missing(services, data, found)
    summary = {
        **{name: data[name] for name in ("channel", "channel_store_id", "store_id")},
        "files": found.files,
        "unreadable": found.unreadable,
        "lines": found.lines,
        "totals": {currency: dict(totals) for currency, totals in found.totals.items()},
        "why": dict(Counter(str(one.why) for _, one in found.differences)),
    }
    key = f"{_folder(data)}/stores/{data['channel']}/{data['channel_store_id']}.json"
    listed = [{"file": file, **one.to_dict()} for file, one in found.differences]
    services.files.write(key, json.dumps({**summary, "differences": listed}).encode())
    log.info(
        "settlement.matched", channel=data["channel"], store=data["store_id"], why=summary["why"]
    )
    return {**summary, "details": key}


def report(services: Services, data: Data) -> Data:
    """Bring together what the stores' steps found. `data`: {"run", "folder", "day", "results"}.

    `results` is the key of the manifest that the distributed Map's ResultWriter left.
    """
    results = json.loads(services.files.read(data["results"]))["ResultFiles"]
    summaries = [
        json.loads(one["Output"])
        for file in results["SUCCEEDED"]
        for one in json.loads(services.files.read(file["Key"]))
    ]
    failed = [
        json.loads(one["Input"])
        for status in ("FAILED", "PENDING")
        for file in results.get(status, [])
        for one in json.loads(services.files.read(file["Key"]))
    ]
    rows = [Row.of(summary) for summary in summaries] + [Row.failed(one) for one in failed]
    folder, day = data["folder"], data["day"]
    services.files.write(
        f"{folder}/report.html", html_report(day, rows), "text/html; charset=utf-8"
    )
    listed = (one for summary in summaries if summary["why"] for one in _details(services, summary))
    services.files.write(f"{folder}/differences.csv", csv_report(listed), "text/csv; charset=utf-8")
    why = sum((Counter(summary["why"]) for summary in summaries), Counter[str]())
    counts = {
        "stores": len(rows),
        "failed": len(failed),
        "files": sum(summary["files"] for summary in summaries),
        "unreadable": sum(len(summary["unreadable"]) for summary in summaries),
        "differences": dict(why),
    }
    services.files.write(f"{folder}/report.json", json.dumps({"day": day, **counts}).encode())
    where = f"{folder}/report.html"
    said = f"{sum(why.values())} differences in {len(rows)} stores, see {where}"
    told = {"run": data["run"], "day": day, **counts, "report": where, "why": said}
    id_ = event_id("settlement.finished", data["run"])
    services.bus.publish([Event(id_, "settlement.finished", data["run"], services.now_ms(), told)])
    log.info("settlement.finished", run=data["run"], **counts)
    return {"failed": len(failed), "report": told["report"]}


STEPS: dict[str, Callable[[Services, Data], Data]] = {
    "plan": plan,
    "match": match_store,
    "report": report,
}


def take_step(services: Services, step: str, data: Data) -> Data:
    """Take a step of the workflow."""
    return STEPS[step](services, data)


@dataclass
class _Found:
    """What the files of a store come to."""

    files: int = 0
    lines: int = 0
    unreadable: list[str] = field(default_factory=list)
    totals: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    differences: list[tuple[str, Difference]] = field(default_factory=list)

    def add(self, file: str, lines: Iterable[Line], differences: Iterable[Difference]) -> None:
        """Add what a file says."""
        self.files += 1
        for line in lines:
            self.lines += 1
            kind = "sales" if line.kind is Kind.SALE else "adjustments"
            self.totals[line.currency].update(
                {kind: line.subtotal, "fees": line.fees, "payout": line.payout}
            )
        self.differences += ((file, one) for one in differences)


def _match_file(services: Services, data: Data, key: str, found: _Found) -> None:
    channel, store = data["channel"], data["channel_store_id"]
    file = key.removeprefix(f"{ROOT}/new/")
    matched, unreadable = f"{ROOT}/matched/{file}", f"{ROOT}/unreadable/{file}"
    if not services.files.exists(key):  # this step is taken a second time
        if services.files.exists(unreadable):
            found.unreadable.append(file)
            return
        key = matched
    content = services.files.read_at_most(key, MAX_BYTES)
    try:
        if content is None:
            raise InvalidPayload(f"it is larger than {MAX_BYTES // 1024 // 1024} MiB")
        lines = read_statement(content, _columns(services, channel))
    except InvalidPayload as error:
        log.error("settlement.unreadable", file=key, reason=str(error))
        _publish(services, [_unreadable(data, file, str(error), services.now_ms())])
        services.files.move(key, unreadable)
        found.unreadable.append(file)
        return
    keys = list({order_key(channel, store, line.order_id): None for line in lines})
    orders = {record.key: record for record in services.orders.get_all(keys)}
    settled = services.settlements.files_of(keys)
    differences = match(lines, channel, store, orders, settled, file)
    now_ms = services.now_ms()
    _publish(services, [one.to_event(file, data["store_id"], now_ms) for one in differences])
    sold = [order_key(channel, store, line.order_id) for line in lines if line.kind is Kind.SALE]
    news = {order: file for order in sold if order in orders and order not in settled}
    services.settlements.note(news, now_ms // 1000 + KEEP_DAYS * 86_400)
    if key != matched:
        services.files.move(key, matched)
    found.add(file, lines, differences)


def _look_for_missing(services: Services, data: Data, found: _Found) -> None:
    """Look for orders that the kitchen made on the day and that no file has settled since."""
    day_ms = int(datetime.fromisoformat(data["day"]).replace(tzinfo=UTC).timestamp() * 1000)
    keys = list(services.orders.of_day(data["channel"], data["channel_store_id"], day_ms))
    settled = services.settlements.files_of(keys)
    records = services.orders.get_all([key for key in keys if key not in settled])
    differences = missing(records, settled)
    now_ms = services.now_ms()
    _publish(services, [one.to_event(data["day"], data["store_id"], now_ms) for one in differences])
    found.differences += (("", one) for one in differences)


def _columns(services: Services, channel: str) -> Columns:
    body = services.files.read_at_most(f"{ROOT}/columns/{channel}.json", MAX_BYTES)
    return OURS if body is None else Columns.from_json(body)


def _publish(services: Services, events: Iterable[Event]) -> None:
    rest = iter(events)
    while chunk := list(islice(rest, EVENTS_AT_ONCE)):
        services.bus.publish(chunk)


def _unreadable(data: Data, file: str, why: str, now_ms: int) -> Event:
    id_ = event_id("settlement.unreadable", data["run"], file)
    told = {"file": file, "storeId": data["store_id"], "channel": data["channel"], "why": why}
    return Event(id_, "settlement.unreadable", file, now_ms, told)


def _details(services: Services, summary: Mapping[str, Any]) -> list[Data]:
    details = json.loads(services.files.read(summary["details"]))
    return [
        {"channel": summary["channel"], "store": summary["store_id"], **one}
        for one in details["differences"]
    ]


def _folder(data: Data) -> str:
    return f"{ROOT}/runs/{data['run']}"


def _day(data: Data) -> str:
    if data.get("day"):
        try:
            return datetime.strptime(data["day"], "%Y-%m-%d").date().isoformat()  # noqa: DTZ007
        except (TypeError, ValueError) as error:
            raise InvalidPayload("day must be a date like 2026-11-27") from error
    started = datetime.fromisoformat(data["started"])
    return (started - timedelta(days=GRACE_DAYS)).date().isoformat()
