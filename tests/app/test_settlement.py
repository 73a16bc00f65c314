"""Partners' settlement files: read whole or refused, and compared line by line."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.states import State
from chalicelib.settlement.matching import Source, Why, match, missing
from chalicelib.settlement.report import Row, csv_report, html_report
from chalicelib.settlement.statements import Columns, Kind, Line, read_statement

if TYPE_CHECKING:
    from chalicelib.domain.record import OrderRecord

HEADER = "order_id,kind,currency,subtotal,tax,tip,fees,payout\n"


def test_file_is_read_to_the_cent() -> None:
    """Signs, empty cells, quotes, a byte order mark, and currencies of other exponents."""
    body = (
        "\ufeff" + HEADER + 'a,sale,USD,12.30,,1,"2.05",11.25\r\nb,adjustment,JPY,-500,0,0,0,-500\n'
    )
    assert read_statement(body.encode()) == [
        Line(2, "a", Kind.SALE, "USD", 1230, 0, 100, 205, 1125),
        Line(3, "b", Kind.ADJUSTMENT, "JPY", -500, 0, 0, 0, -500),
    ]
    assert read_statement(HEADER.encode()) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no column order_id, kind"),
        (b"\xff\xfe", "not UTF-8"),
        (b"order_id,kind\n", "no column currency, subtotal"),
        ((HEADER + "a,sale,USD,1\n").encode(), "line 2 has not as many cells"),
        ((HEADER + "a,sale,USD,1,1,1,1,1,1\n").encode(), "line 2 has not as many cells"),
        (
            (HEADER + ",sale,USD,1,1,1,1,1\n").encode(),
            "line 2: order_id is missing or is no",
        ),
        ((HEADER + "a,gift,USD,1,1,1,1,1\n").encode(), "line 2: kind is none of sale, adjustment"),
        ((HEADER + "a,sale,XXX,1,1,1,1,1\n").encode(), "line 2: currency is no currency"),
        ((HEADER + "a,sale,USD,1.005,1,1,1,1\n").encode(), "subtotal has more decimal places"),
        ((HEADER + "a,sale,USD,1,1,1,1,1e30\n").encode(), "line 2: payout is no amount"),
        ((HEADER + "a,sale,USD,1,1,NaN,1,1\n").encode(), "line 2: tip is no amount"),
        ((HEADER + "a,sale,USD,1,1,Infinity,1,1\n").encode(), "line 2: tip is no amount"),
        ((HEADER + 'a,sale,USD,1,"1,1,1,1\n').encode(), "line 2: unexpected end of data"),
    ],
)
def test_file_is_refused_whole(body: bytes, said: str) -> None:
    """The text names the line and the column."""
    with pytest.raises(InvalidPayload, match=said):
        read_statement(body)


def test_partners_have_words_of_their_own() -> None:
    """A table beside the files says them; several columns of one word are added up."""
    columns = Columns.from_json(
        json.dumps(
            {
                "columns": {"order_id": "Order No", "fees": ["Commission", "Marketing"]},
                "kinds": {"DELIVERY": "sale", "CORRECTION": "adjustment"},
                "delimiter": ";",
            }
        ).encode()
    )
    body = (
        b"Order No;kind;currency;subtotal;tax;tip;Commission;Marketing;payout\n"
        b"x;DELIVERY;EUR;10;0;0;1;0.5;8.5\n"
    )
    assert read_statement(body, columns) == [Line(2, "x", Kind.SALE, "EUR", 1000, 0, 0, 150, 850)]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"[", "no JSON"),
        (b"[]", "must be a JSON object"),
        (b'{"columns": {"price": "x"}}', "price is none of order_id"),
        (b'{"columns": {"order_id": ["a", "b"]}}', "columns.order_id must be one column"),
        (b'{"columns": {"fees": []}}', "columns.fees must be a column's name"),
        (b'{"kinds": {"x": "gift"}}', "kinds.x must be sale or adjustment"),
        (b'{"kinds": []}', "kinds must be an object"),
        (b'{"delimiter": "--"}', "delimiter must be one of"),
    ],
)
def test_wrong_table_of_columns_is_refused(table: bytes, said: str) -> None:
    """Before a line is read by it."""
    with pytest.raises(InvalidPayload, match=said):
        Columns.from_json(table)


@pytest.fixture
def made(house: Any) -> OrderRecord:
    """An order that the kitchen made."""
    record: OrderRecord = house.put_record(State.ACCEPTED)
    return record


def line_of(record: OrderRecord, **changes: Any) -> Line:
    """Return the line that settles an order as it should."""
    assert record.order is not None
    subtotal = record.order.subtotal.amount
    line = Line(2, record.order_id, Kind.SALE, "USD", subtotal, 0, 0, 100, subtotal - 100)
    return replace(line, **changes)


def found(record: OrderRecord, *lines: Line, settled: str = "", known: bool = True) -> list[Any]:
    """Return what differs."""
    differences = match(
        lines,
        record.channel,
        record.channel_store_id,
        {record.key: record} if known else {},
        {record.key: settled} if settled else {},
        "this.csv",
    )
    return [(one.why, one.field, one.theirs, one.ours) for one in differences]


def test_what_agrees_is_not_told(made: OrderRecord) -> None:
    """Also when the same file is matched again, and however often it is adjusted."""
    line = line_of(made)
    assert found(made, line) == []
    assert found(made, line, settled="this.csv") == []
    correction = line_of(made, kind=Kind.ADJUSTMENT, subtotal=-100, fees=0, payout=-100)
    assert found(made, line, correction, correction) == []


def test_every_kind_of_difference_is_found(made: OrderRecord) -> None:
    """With both sides' amounts."""
    line = line_of(made)
    subtotal = line.subtotal
    less = replace(line, subtotal=subtotal - 1, payout=line.payout - 1)
    assert found(made, less) == [(Why.AMOUNT, "subtotal", subtotal - 1, subtotal)]
    tipped = replace(line, tip=50, payout=line.payout + 50)
    assert found(made, tipped) == [(Why.AMOUNT, "tip", 50, 0)]
    short = replace(line, payout=1)
    assert found(made, short) == [(Why.SUM, "payout", 1, subtotal - 100)]
    assert found(made, line, line) == [(Why.TWICE, "payout", line.payout, None)]
    assert found(made, line, settled="other.csv") == [(Why.TWICE, "payout", line.payout, None)]
    assert found(made, line, known=False) == [(Why.UNKNOWN, "payout", line.payout, None)]
    euros = replace(line, currency="EUR")
    assert found(made, euros) == [(Why.CURRENCY, "currency", None, None)]
    denied = replace(made, state=State.REJECTED)
    assert found(denied, line) == [(Why.NOT_MADE, "payout", line.payout, 0)]


def test_what_was_made_and_never_settled_is_missing(made: OrderRecord) -> None:
    """What was not made is not."""
    denied = replace(made, order_id="denied", state=State.REJECTED)
    done = replace(made, order_id="done", state=State.COMPLETED)
    differences = missing([made, denied, done], {done.key: "a.csv"})
    assert [(one.why, one.order_key) for one in differences] == [(Why.MISSING, made.key)]


def test_the_same_difference_is_the_same_event(made: OrderRecord) -> None:
    """Whoever matches a file again, tells nothing new."""
    one = match(
        [line_of(made, payout=1)], made.channel, made.channel_store_id, {made.key: made}, {}, "f"
    )[0]
    file = Source("f", "1f")
    id_ = one.to_event(file, "s", 1).id
    assert id_ == one.to_event(file, "s", 2).id
    for other in (Source("g", "1f"), Source("f", "2f"), Source("f", "1f", corrections=2)):
        assert one.to_event(other, "s", 1).id != id_


def test_report_lets_no_file_speak() -> None:
    """Names in files are text on the page, and no formula in the table."""
    rows = [
        Row("doordash", "<b>", 1, 2, ("<script>",), {"USD": {"sales": 1050}}, {"amount": 2}),
        Row.failed({"channel": "uber_eats", "store_id": "s"}),
    ]
    page = html_report("2026-11-27", rows).decode()
    assert "<script>" not in page
    assert "<td><b></td>" not in page
    assert "10.50 USD" in page
    assert page.index("could not be matched") < page.index("2 \u00d7 amount")
    cells = {
        "channel": "c",
        "orderKey": "=HYPERLINK(1)",
        "why": "sum",
        "currency": "USD",
        "theirs": -5,
    }
    table = csv_report([cells]).decode()
    assert "'=HYPERLINK(1)" in table
    assert ",-0.05," in table
