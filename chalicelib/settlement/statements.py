"""A partner's settlement file: CSV, one line per order or adjustment.

Partners name the columns of their reports in ways of their own, and change them. So a file is read
by a table from our words to theirs (`Columns`), kept beside the files in the bucket; without one, a
file is in our words.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.money import EXPONENTS
from chalicelib.domain.order import identifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_BYTES = 32 * 1024 * 1024
"""Far more than a store sells in a month; the function has memory for it."""

MAX_LINES = 20_000
"""What one step can match, and tell of, in its five minutes."""

_AMOUNT = re.compile(r"[+-]?\d{1,15}(\.\d{1,6})?")
TEXTS = ("order_id", "kind", "currency")
AMOUNTS = ("subtotal", "tax", "tip", "fees", "payout")
MAX_AMOUNT = Decimal(10) ** 9
"""In whole units of the currency. What is beyond it is no order's, and would overflow a cell."""


class Kind(StrEnum):
    """What a line is about."""

    SALE = "sale"
    ADJUSTMENT = "adjustment"


@dataclass(frozen=True, slots=True)
class Line:
    """One line. Amounts are minor units of `currency`.

    `tax` and `tip` are what is paid out to the store of them; `fees`, positive, is commission,
    marketing and all else that the partner keeps. `number` is the line in the file.
    """

    number: int
    order_id: str
    kind: Kind
    currency: str
    subtotal: int
    tax: int
    tip: int
    fees: int
    payout: int

    @property
    def adds_up_to(self) -> int:
        """What the line's parts say the payout should be."""
        return self.subtotal + self.tax + self.tip - self.fees


@dataclass(frozen=True, slots=True)
class Columns:
    """What a partner calls our words. Several columns of one word are added up."""

    names: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, Kind]
    delimiter: str = ","

    @classmethod
    def from_json(cls, body: bytes) -> Columns:
        """Read {"columns": {our word: name or [names]}, "kinds": {theirs: ours}, "delimiter"}.

        What it does not name is called as we call it. InvalidPayload says what is wrong.
        """
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise InvalidPayload("the table of columns is no JSON") from error
        if not isinstance(data, dict):
            raise InvalidPayload("the table of columns must be a JSON object")
        names = dict(OURS.names)
        for word, theirs in _object(data, "columns").items():
            if word not in names:
                raise InvalidPayload(f"columns: {word} is none of {', '.join(names)}")
            listed = [theirs] if isinstance(theirs, str) else theirs
            if not (isinstance(listed, list) and listed and all(map(_is_name, listed))):
                raise InvalidPayload(f"columns.{word} must be a column's name, or a list of names")
            if word in TEXTS and len(listed) > 1:
                raise InvalidPayload(f"columns.{word} must be one column")
            names[word] = tuple(listed)
        kinds = {str(word): _kind(word, kind) for word, kind in _object(data, "kinds").items()}
        delimiter = data.get("delimiter", ",")
        if delimiter not in (",", ";", "\t", "|"):
            raise InvalidPayload('delimiter must be one of "," ";" "|" and the tabulator')
        return cls(names, kinds or OURS.kinds, delimiter)


OURS = Columns(
    names={name: (name,) for name in (*TEXTS, *AMOUNTS)},
    kinds={str(kind): kind for kind in Kind},
)


def read_statement(body: bytes, columns: Columns = OURS) -> list[Line]:
    """Read a file whole, or raise InvalidPayload naming the line and the column that are wrong."""
    if len(body) > MAX_BYTES:
        raise InvalidPayload(f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidPayload(f"the file is not UTF-8 (byte {error.start})") from error
    # strict: a quote that never closes would swallow the rest of the file in one cell.
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=columns.delimiter, strict=True)
    try:
        header = list(reader.fieldnames or [])
        lacking = [one for names in columns.names.values() for one in names if one not in header]
        if lacking:
            raise InvalidPayload(f"the file has no column {', '.join(lacking)}")
        if len(set(header)) < len(header):
            raise InvalidPayload("the file has two columns of one name")
        return list(_lines(reader, columns))
    except csv.Error as error:
        raise InvalidPayload(f"line {reader.line_num + 1}: {error}") from error


def _lines(reader: csv.DictReader[str], columns: Columns) -> Iterator[Line]:
    for row in reader:
        if None in row or None in row.values():
            raise InvalidPayload(f"line {reader.line_num} has not as many cells as the header")
        if reader.line_num > MAX_LINES:
            raise InvalidPayload(f"the file has more than {MAX_LINES} lines: deliver it in parts")
        yield _line(row, columns, reader.line_num)


def _line(row: Mapping[str, str], columns: Columns, number: int) -> Line:
    order_id, kind, currency = (row[columns.names[name][0]].strip() for name in TEXTS)
    where = f"line {number}"
    identifier(order_id, f"{where}: {columns.names['order_id'][0]}")
    if kind not in columns.kinds:
        expected = ", ".join(columns.kinds)
        raise InvalidPayload(f"{where}: {columns.names['kind'][0]} is none of {expected}")
    if currency not in EXPONENTS:
        raise InvalidPayload(f"{where}: {columns.names['currency'][0]} is no currency we know")
    amounts = {
        name: sum(
            _minor(row[column], currency, f"{where}: {column}") for column in columns.names[name]
        )
        for name in AMOUNTS
    }
    return Line(number, order_id, columns.kinds[kind], currency, **amounts)


def _minor(text: str, currency: str, where: str) -> int:
    """Return an amount like -1234.50 in minor units; an empty cell is nothing."""
    if not text.strip():
        return 0
    if not _AMOUNT.fullmatch(text.strip()):
        raise InvalidPayload(f"{where} is no amount")
    try:
        amount = Decimal(text.strip())
        if abs(amount) >= MAX_AMOUNT:  # also what is infinite
            raise InvalidPayload(f"{where} is too much")
        scaled = amount.scaleb(EXPONENTS[currency])
    except InvalidOperation as error:  # also comparisons of what is not a number
        raise InvalidPayload(f"{where} is no amount") from error
    if scaled != scaled.to_integral_value():
        raise InvalidPayload(f"{where} has more decimal places than {currency}")
    return int(scaled)


def _object(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name, {})
    if not isinstance(value, dict):
        raise InvalidPayload(f"{name} must be an object")
    return value


def _kind(word: object, kind: object) -> Kind:
    try:
        return Kind(kind)  # type: ignore[arg-type]
    except ValueError as error:
        raise InvalidPayload(f"kinds.{word} must be {' or '.join(Kind)}") from error


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value)
