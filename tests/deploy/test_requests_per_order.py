"""The arithmetic of docs/DEPLOY.md starts from what the pipeline was seen doing."""

from __future__ import annotations

import re
from collections import Counter
from math import ceil
from typing import TYPE_CHECKING, Any

import pytest

from tests.deploy.conftest import PROJECT
from tests.pipeline.conftest import street  # noqa: F401 - a fixture
from tests.pipeline.shop_steps import check_out, status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalice_offline.core.journal import Entry
    from simulators.street import Street

ORDERS = 10
WRITE_UNIT_BYTES = 1024
KEYS = {"order_key", "checkout_id"}


def documented(title: str = "Requests of one order") -> dict[str, int]:
    """Return the table of a section of DEPLOY.md."""
    text = (PROJECT / "docs/DEPLOY.md").read_text(encoding="utf-8")
    section = text.split(f"### {title}\n", 1)[1].split("\n### ", 1)[0]
    return {
        name: int(count) for name, count in re.findall(r"(?m)^\| ([^|]+?) \| (\d+) \|", section)
    }


def item_bytes(item: dict[str, dict[str, str]]) -> int:
    """Return an item's size (DynamoDB developer guide, "Item sizes"): names and values."""
    return sum(len(name) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: dict[str, Any]) -> int:
    if "S" in value:
        return len(value["S"].encode())
    return len(value["N"]) // 2 + 2 if "N" in value else 1


def table_units(requests: Iterable[tuple[str, dict[str, Any]]]) -> Counter[str]:
    """Return the capacity units of DynamoDB requests, for items below 4 kB.

    UpdateItem pays for the whole item, which it leaves about as large as it was.
    """
    units: Counter[str] = Counter()
    due: dict[str, str | None] = {}
    seen: set[tuple[str, str]] = set()
    size: dict[str, int] = {}
    for operation, body in requests:
        if operation in ("PutItem", "UpdateItem"):
            item = body.get("Item", {})
            key = str(body.get("Key") or {name: item[name] for name in KEYS & set(item)})
            if operation == "PutItem":
                new = body["Item"].get("due_ms", {}).get("N")
                size[key] = item_bytes(body["Item"])
            else:
                new = body["ExpressionAttributeValues"].get(":due", {}).get("N")
            units["DynamoDB write units"] += ceil(size.get(key, 1) / WRITE_UNIT_BYTES)
            # An index is written when its key comes, goes or changes.
            for name in {"ticket", "trading_day"} & set(body.get("Item", {})):
                units["DynamoDB write units of the indexes"] += (name, key) not in seen
                seen.add((name, key))
            before = due.get(key)
            if before != new:
                changed = (before is not None) + (new is not None)
                units["DynamoDB write units of the indexes"] += changed
            due[key] = new
        elif operation in ("GetItem", "Query"):  # what is queried is a store's few rows
            units["DynamoDB read units"] += 1
        elif operation == "BatchGetItem":  # eventually consistent: half a unit a key
            keys = sum(len(part["Keys"]) for part in body["RequestItems"].values())
            units["DynamoDB read units"] += ceil(keys / 2)
    return units


def counted(entries: Iterable[Entry]) -> Counter[str]:
    """Return what AWS would bill for what the journal tells."""
    count: Counter[str] = Counter()
    tables = []
    for entry in entries:
        subject = entry.subject
        if subject == "execute-api.Request":
            count["API Gateway requests"] += 1
        elif entry.kind == "run":
            count["Lambda invocations"] += 1
        elif subject == "events.PutEvents":
            count["EventBridge events"] += len(entry.detail["Entries"])
        elif subject == "sns.Publish":
            count["SNS publishes"] += 1
        elif subject.startswith("sesv2."):
            count["SES mails"] += 1
        elif subject == "sqs.SendMessage":
            # Sent, received and deleted. Empty receives are counted by the minute, not here.
            fifo = str(entry.detail["QueueUrl"]).endswith(".fifo")
            count[f"SQS {'FIFO' if fifo else 'standard'} requests"] += 3
        elif subject.startswith("dynamodb."):
            tables.append((subject.split(".")[1], dict(entry.detail)))
    return count + table_units(tables)


def entries_of_orders(street: Street) -> list[Entry]:  # noqa: F811
    """Let orders come, be made, answered and completed; return what happened meanwhile."""
    street.order(2)  # tokens and secrets are fetched once, not per order
    street.settle()
    for ticket in street.world.square.orders():
        street.world.square.fulfil(ticket["id"], "COMPLETED")
    street.settle()
    already = {ticket["id"] for ticket in street.world.square.orders()}
    entries_before = len(list(street.offline.journal.entries()))
    street.order(ORDERS)
    street.settle()
    for ticket in street.world.square.orders():
        if ticket["id"] not in already:
            street.world.square.fulfil(ticket["id"], "COMPLETED")
    street.settle()
    return list(street.offline.journal.entries())[entries_before:]


def test_requests_of_an_order_are_as_documented(street: Street) -> None:  # noqa: F811
    """From its webhook until the kitchen has completed it, averaged over both partners.

    Counts must agree; units depend on what was ordered and must be near.
    """
    found = counted(entries_of_orders(street))
    table = documented()
    assert set(table) == set(found)
    for name, total in found.items():
        if "units" in name:
            assert 0.5 * table[name] <= total / ORDERS <= 1.2 * table[name], name
        else:
            assert total == ORDERS * table[name], name


def test_requests_of_an_order_of_the_shop_are_as_documented(street: Street) -> None:  # noqa: F811
    """From its checkout until a courier has delivered it; schedules cost by the minute."""
    events = street.offline.client("events")
    for rule in events.list_rules()["Rules"]:
        if "ScheduleExpression" in rule:
            events.disable_rule(Name=rule["Name"])
    for number in range(2):  # secrets are fetched once, not per order
        check_out(street, number=number, carried=True)
    street.go(seconds=1_800, step=60)
    known = {ticket["id"] for ticket in street.world.square.orders()}
    before = len(list(street.offline.journal.entries()))
    ids = [check_out(street, number=10 + number, carried=True) for number in range(ORDERS)]
    street.settle()
    for ticket in street.world.square.orders():
        if ticket["id"] not in known:
            street.world.square.fulfil(ticket["id"], "COMPLETED")
    street.go(seconds=1_800, step=60)
    found = counted(list(street.offline.journal.entries())[before:])
    assert {status(street, id_)["status"] for id_ in ids} == {"delivered"}
    table = documented("Requests of one order of our own shop")
    assert set(table) == set(found)
    for name, total in found.items():
        if "units" in name:
            assert 0.8 * table[name] <= total / ORDERS <= 1.2 * table[name], name
        else:
            assert total == ORDERS * table[name], name


def calls(entries: list[Entry], everything: Iterable[Entry]) -> Counter[tuple[str, str]]:
    """Return the calls that functions made, by function and operation."""
    runs = {entry.number: entry for entry in everything if entry.kind == "run"}
    return Counter(
        (runs[entry.causes[0]].subject, entry.subject)
        for entry in entries
        if entry.kind == "call" and entry.causes and entry.causes[0] in runs
    )


def documented_calls() -> dict[str, float]:
    """Return the table of DEPLOY.md's section "Calls of one order"."""
    text = (PROJECT / "docs/DEPLOY.md").read_text(encoding="utf-8")
    section = text.split("### Calls of one order\n", 1)[1].split("\n### ", 1)[0]
    rows = re.findall(r"(?m)^\| ([\w*]+) \| ([\d.]+) \|", section)
    return {name.strip("*"): float(count) for name, count in rows}


def test_calls_of_an_order_are_at_most_as_documented(street: Street) -> None:  # noqa: F811
    """By function; stores, menus and circuits that are remembered make it fewer."""
    entries = entries_of_orders(street)
    found: Counter[str] = Counter()
    for (function, _), count in calls(entries, list(street.offline.journal.entries())).items():
        name = function.removeprefix("order-middleware-local").lstrip("-") or "api_handler"
        found[name] += count
    table = documented_calls()
    together = table.pop("together")
    assert set(table) == set(found)
    for name, count in found.items():
        assert count / ORDERS <= table[name], name
    assert sum(found.values()) / ORDERS <= together
    assert together == pytest.approx(sum(table.values()))
