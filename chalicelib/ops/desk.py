"""Everything that an operator's command reaches. Names and endpoint are those of a stage."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.access_table import AccessTable
from chalicelib.adapters.event_bus import EventBus
from chalicelib.adapters.menu_table import MenuTable
from chalicelib.adapters.order_table import OrderTable
from chalicelib.adapters.publication_table import PublicationTable
from chalicelib.adapters.queues import Queues
from chalicelib.adapters.stock_table import StockTable
from chalicelib.adapters.store_table import StoreTable
from chalicelib.bootstrap import client, system_clock
from chalicelib.config import OperatorNames, read_operator_names
from chalicelib.domain.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

CONFIG = Path(".chalice/config.json")


class OpsError(DomainError):
    """What was asked for cannot be done; the text says why. Exit code 2."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Clients, tables, names and the time."""

    names: OperatorNames
    orders: OrderTable
    stores: StoreTable
    menus: MenuTable
    stock: StockTable
    publications: PublicationTable
    queues: Queues
    access: AccessTable
    bus: EventBus
    sqs: Any
    events: Any
    logs: Any
    s3: Any
    sts: Any
    now_ms: Callable[[], int]


def open_desk(
    stage: str, environ: MutableMapping[str, str], now_ms: Callable[[], int] = system_clock
) -> Desk:
    """Return the desk of a stage.

    What the stage's entry in config.json says (endpoint, region, names of tables) counts where
    the environment says nothing: so a local stage needs no variables, and AWS's own ones win.
    """
    for name, value in _stage_variables(stage).items():
        environ.setdefault(name, value)
    environ["STAGE"] = stage
    names = read_operator_names(environ)
    events = client("events")
    dynamodb, sqs = client("dynamodb"), client("sqs")
    items = names.menu_items_table
    return Desk(
        names=names,
        stores=StoreTable(dynamodb, names.stores_table, items, now_ms),
        menus=MenuTable(dynamodb, items),
        stock=StockTable(dynamodb, items, names.menu_items_due_index, now_ms),
        publications=PublicationTable(dynamodb, items, names.menu_items_due_index),
        queues=Queues(sqs),
        orders=OrderTable(
            dynamodb,
            names.orders_table,
            names.orders_due_index,
            names.orders_ticket_index,
            names.orders_day_index,
        ),
        access=AccessTable(dynamodb, names.access_table),
        bus=EventBus(events, names.orders_bus),
        sqs=sqs,
        events=events,
        logs=client("logs"),
        s3=client("s3"),
        sts=client("sts"),
        now_ms=now_ms,
    )


def _stage_variables(stage: str) -> dict[str, str]:
    try:
        config = json.loads(CONFIG.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise OpsError(f"{CONFIG} is not here: run this in the repository") from None
    except ValueError as error:
        raise OpsError(f"{CONFIG}: {error}") from error
    if stage not in config["stages"]:
        known = ", ".join(sorted(config["stages"]))
        raise OpsError(f"there is no stage {stage!r} in {CONFIG}; there are {known}")
    variables: dict[str, str] = config["stages"][stage]["environment_variables"]
    return variables
