"""The steps of the workflow nightly-settlement: plan, match (one store, in parallel), report.

Each may be taken twice: the same files give the same events, and what is noted or put away
already is so. In the bucket, below settlements/:

    new/CHANNEL/STORE/NAME.csv                what partners delivered
    columns/CHANNEL.json                      what a partner calls our words, if not so
    matched/CHANNEL/STORE/VERSION/NAME.csv    what was matched; latest/NAME.json: what counts of it
    unreadable/CHANNEL/STORE/VERSION/NAME.csv
    runs/RUN/                                 what a night found: stores.json, files/…, stores/…
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.adapters.files import FileTooLarge
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.events import Event, event_id
from chalicelib.settlement.delivered import ROOT, Delivery, match_file, publish
from chalicelib.settlement.matching import Source, missing
from chalicelib.settlement.report import Row, csv_report, html_report
from chalicelib.settlement.statements import OURS, Columns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.bootstrap import Services
    from chalicelib.settlement.delivered import Outcome

Data = dict[str, Any]

GRACE_DAYS = 8
"""How many days after its own an order has to be settled: partners pay by the week."""

FILES_A_NIGHT = 200
"""Per store: more than that would not fit what a workflow may carry. The rest waits a night."""

MAX_KEY_BYTES = 512
"""A key may have 1,024 (Amazon S3 user guide, "Naming objects"), and files go to longer ones."""

MAX_TABLE_BYTES = 256 * 1024


def plan(services: Services, data: Data) -> Data:
    """Write down what is to be done: every store of every partner, with its files.

    `data`: {"run", "started" (RFC 3339)}, and "day" (YYYY-MM-DD) to look for what is missing on
    another day than the one that is GRACE_DAYS past.
    """
    day = _day(data)
    files: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key in services.files.keys(f"{ROOT}/new/"):
        parts = key.split("/")
        if len(parts) == 5 and parts[4] and len(key.encode()) <= MAX_KEY_BYTES:
            files[parts[2], parts[3]].append(key)
        else:
            log.warning("settlement.misplaced", file=key)
    _check_tables(services, data["run"], files)
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
    found = _Summary()
    _match_files(services, data, found)
    _look_for_missing(services, data, found)
    summary = {
        **{name: data[name] for name in ("channel", "channel_store_id", "store_id")},
        "files": found.files,
        "unreadable": found.unreadable,
        "corrected": found.corrected,
        "waiting": found.waiting,
        "lines": found.lines,
        "totals": {currency: dict(totals) for currency, totals in found.totals.items()},
        "why": dict(Counter(one["why"] for one in found.differences)),
    }
    key = f"{_folder(data)}/stores/{data['channel']}/{data['channel_store_id']}.json"
    details = {**summary, "differences": found.differences}
    services.files.write(key, json.dumps(details).encode())
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
        "corrected": sum(len(summary["corrected"]) for summary in summaries),
        "waiting": sum(len(summary["waiting"]) for summary in summaries),
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
class _Summary:
    """What the files of a store come to."""

    files: int = 0
    lines: int = 0
    unreadable: list[str] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    totals: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    differences: list[Data] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Add what came of a file."""
        if outcome.is_unreadable:
            self.unreadable.append(outcome.file)
            return
        self.files += 1
        self.lines += outcome.lines
        if outcome.is_correction:
            self.corrected.append(outcome.file)
        for currency, totals in outcome.totals.items():
            self.totals[currency].update(totals)
        self.differences += ({"file": outcome.file, **one} for one in outcome.differences)


def _match_files(services: Services, data: Data, found: _Summary) -> None:
    if not data["files"]:
        return
    try:
        columns = _columns(services, data["channel"])
    except InvalidPayload as error:  # the night's plan has told, or the next one will
        log.error("settlement.waits", channel=data["channel"], reason=str(error))
        found.waiting = [key.removeprefix(f"{ROOT}/new/") for key in data["files"]]
        return
    for key in data["files"]:
        outcome = match_file(services, Delivery.of(data, key), columns)
        if outcome is not None:
            found.add(outcome)


def _look_for_missing(services: Services, data: Data, found: _Summary) -> None:
    """Look for orders that the kitchen made on the day and that no file has settled since."""
    day_ms = int(datetime.fromisoformat(data["day"]).replace(tzinfo=UTC).timestamp() * 1000)
    keys = list(services.orders.of_day(data["channel"], data["channel_store_id"], day_ms))
    settled = services.settlements.files_of(keys)
    records = services.orders.get_all([key for key in keys if key not in settled])
    differences = missing(records, settled)
    now_ms = services.now_ms()
    day = Source(data["day"])
    publish(services, [one.to_event(day, data["store_id"], now_ms) for one in differences])
    found.differences += ({"file": "", **one.to_dict()} for one in differences)


def _columns(services: Services, channel: str) -> Columns:
    """Return a partner's table; InvalidPayload when there is one that cannot be read."""
    try:
        found = services.files.find(_columns_key(channel), MAX_TABLE_BYTES)
    except FileTooLarge as error:
        raise InvalidPayload(f"the table of columns is larger than {MAX_TABLE_BYTES}") from error
    return OURS if found is None else Columns.from_json(found.content)


def _columns_key(channel: str) -> str:
    return f"{ROOT}/columns/{channel}.json"


def _check_tables(services: Services, run: str, files: Mapping[tuple[str, str], list[str]]) -> None:
    """Tell of each table that cannot be read, once a night: its partner's files wait for it."""
    waiting: Counter[str] = Counter()
    for (channel, _), keys in files.items():
        waiting[channel] += len(keys)
    for channel, count in waiting.items():
        try:
            _columns(services, channel)
        except InvalidPayload as error:
            why = f"{error}: {count} files wait until it is mended"
            log.error("settlement.waits", channel=channel, reason=why)
            file = _columns_key(channel).removeprefix(f"{ROOT}/")
            told = {"file": file, "storeId": "", "channel": channel, "why": why}
            id_ = event_id("settlement.unreadable", run, file)
            now_ms = services.now_ms()
            publish(services, [Event(id_, "settlement.unreadable", file, now_ms, told)])


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
