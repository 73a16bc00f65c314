"""A night's settlement as a page for people and a table for spreadsheets."""

from __future__ import annotations

import csv
import html
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.domain.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CELLS = (
    "channel",
    "store",
    "file",
    "line",
    "why",
    "orderKey",
    "field",
    "currency",
    "theirs",
    "ours",
    "where",
)
AMOUNTS = ("theirs", "ours")
HEAD = ("Partner", "Store", "Files", "Lines", "Sales", "Fees", "Payout", "Differences")
NUMBERS = HEAD[2:7]
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How text begins that a spreadsheet would compute: cells come from files of other people."""

STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;"
    "color-scheme:light dark}table{border-collapse:collapse;width:100%}th,td{padding:.3rem .6rem;"
    "text-align:left;border-bottom:1px solid #8884;vertical-align:top}.n{text-align:right;"
    "font-variant-numeric:tabular-nums}.bad{font-weight:600;color:#c0392b}"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One store at one partner."""

    channel: str
    store: str
    files: int = 0
    lines: int = 0
    unreadable: tuple[str, ...] = ()
    totals: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    why: Mapping[str, int] = field(default_factory=dict)
    is_failed: bool = False
    corrected: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()

    @classmethod
    def of(cls, summary: Mapping[str, Any]) -> Row:
        """Return the row of what a store's step returned."""
        return cls(
            channel=summary["channel"],
            store=summary["store_id"] or f"? ({summary['channel_store_id']})",
            files=summary["files"],
            lines=summary["lines"],
            unreadable=tuple(summary["unreadable"]),
            corrected=tuple(summary["corrected"]),
            waiting=tuple(summary["waiting"]),
            totals=summary["totals"],
            why=summary["why"],
        )

    @classmethod
    def failed(cls, item: Mapping[str, Any]) -> Row:
        """Return the row of a store whose step failed for good."""
        return cls(item["channel"], item["store_id"], is_failed=True)

    @property
    def differences(self) -> int:
        """How many there are; a file that cannot be read, or waits, counts as one."""
        return sum(self.why.values()) + len(self.unreadable) + len(self.waiting)


def html_report(day: str, rows: Iterable[Row]) -> bytes:
    """Return the page: what needs a person first."""
    ordered = sorted(
        rows, key=lambda row: (not row.is_failed, -row.differences, row.channel, row.store)
    )
    head = "".join(f"<th class={'n' if name in NUMBERS else 't'}>{name}</th>" for name in HEAD)
    body = "".join(_row(row) for row in ordered)
    title = f"Settlement; made on {html.escape(day)} and missing since"
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style><h1>{title}</h1>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></html>"
    )
    return page.encode()


def _row(row: Row) -> str:
    if row.is_failed:
        said = '<span class="bad">could not be matched; see the workflow</span>'
    else:
        parts = [f"{count} \u00d7 {html.escape(why)}" for why, count in sorted(row.why.items())]
        parts += [f"unreadable: {html.escape(file)}" for file in row.unreadable]
        parts += [f"waits for the table of columns: {html.escape(file)}" for file in row.waiting]
        said = f'<span class="bad">{"<br>".join(parts)}</span>' if parts else "none"
        said += "".join(f"<br>corrected: {html.escape(file)}" for file in row.corrected)
    amounts = "".join(
        f"<td class=n>{_sums(row, name)}</td>" for name in ("sales", "fees", "payout")
    )
    return (
        f"<tr><td>{html.escape(row.channel)}</td><td>{html.escape(row.store)}</td>"
        f"<td class=n>{row.files}</td><td class=n>{row.lines}</td>{amounts}<td>{said}</td></tr>"
    )


def _sums(row: Row, name: str) -> str:
    return "<br>".join(_money(total.get(name, 0), code) for code, total in row.totals.items())


def csv_report(differences: Iterable[Mapping[str, Any]]) -> bytes:
    """Return every difference, one a line. Amounts are in the currency's major unit."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(CELLS)
    for one in differences:
        writer.writerow([_cell(name, one) for name in CELLS])
    return text.getvalue().encode()


def _cell(name: str, one: Mapping[str, Any]) -> str:
    value = one.get(name)
    if value is None:
        return ""
    if name in AMOUNTS:
        return _money(value, one["currency"]).partition(" ")[0]
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _money(amount: int, currency: str) -> str:
    return str(Money(amount, currency))
