"""Categories and modifier groups of a menu file: read whole, or refused by the field's name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.store import read_menu

PRICE = {"amount": 500, "currency": "USD"}


def file(**changes: Any) -> dict[str, Any]:
    names = ("burger", "fries", "cola", "dip")
    items: list[dict[str, Any]] = [
        {"id": name, "name": name.title(), "pos_id": f"P-{name}", "price": PRICE} for name in names
    ]
    items[0]["modifier_groups"] = ["combo"]
    items[1]["modifier_groups"] = ["dips"]
    return {
        "store_id": "store-1",
        "pos": "square",
        "location_id": "L1",
        "currency": "USD",
        "channels": {"doordash": "dd-1"},
        "items": items,
        "categories": [{"id": "all", "name": "All", "items": ["burger", "fries", "cola"]}],
        "modifier_groups": [
            {"id": "combo", "name": "Combo", "min": 1, "max": 2, "options": ["fries", "cola"]},
            {"id": "dips", "name": "Dips", "options": ["dip"]},
        ],
    } | changes


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the file with one field changed: "items.0.tax_rate"."""
    made: dict[str, Any] = json.loads(json.dumps(file()))
    *way, last = path.split(".")
    place: Any = made
    for step in way:
        place = place[int(step)] if step.isdecimal() else place[step]
    place[int(last) if last.isdecimal() else last] = value
    return made


def test_a_whole_file_is_read() -> None:
    """Options may ask on; rates are plain text."""
    made = changed("items.0.tax_rate", 8.875)
    menu = read_menu(made, "v1")
    assert [group.least for group in menu.groups] == [1, 0]
    assert menu.items[0].groups == ("combo",)
    assert menu.items[0].tax_rate == "8.875"
    assert menu.categories[0].items == ("burger", "fries", "cola")


def test_a_file_without_categories_has_one_with_all_that_is_no_option() -> None:
    """As every file before there were any."""
    made = file()
    del made["categories"]
    (category,) = read_menu(made, "v1").categories
    assert (category.name, category.items) == ("Menu", ("burger",))


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("categories", {}, "categories"),
        ("categories", [], "categories"),
        ("categories.0", "all", "categories[0]"),
        ("categories.0.name", "", "categories[0].name"),
        ("categories.0.name", 5, "categories[0].name"),
        ("categories.0.items", [], "categories[0].items"),
        ("categories.0.items", ["soup"], "categories[0].items[0]"),
        ("categories.0.items", ["cola", "cola"], "categories[0].items"),
        ("categories.0.id", "a b", "categories[0].id"),
        ("categories.0.description", "x" * 501, "categories[0].description"),
        ("modifier_groups", 5, "modifier_groups"),
        ("modifier_groups.1.id", "combo", "modifier_groups"),
        ("modifier_groups.0.options", [], "modifier_groups[0].options"),
        ("modifier_groups.0.options", ["soup"], "modifier_groups[0].options[0]"),
        ("modifier_groups.0.min", 3, "modifier_groups[0]"),
        ("modifier_groups.0.max", 0, "modifier_groups[0]"),
        ("modifier_groups.0.max", True, "modifier_groups[0]"),
        ("modifier_groups.0.min", -1, "modifier_groups[0]"),
        ("items.0.modifier_groups", ["none"], "items[0].modifier_groups[0]"),
        ("items.0.modifier_groups", "combo", "items[0].modifier_groups"),
        ("items.0.tax_rate", 101, "items[0].tax_rate"),
        ("items.0.tax_rate", "NaN", "items[0].tax_rate"),
        ("items.0.tax_rate", True, "items[0].tax_rate"),
        ("items.0.image", "http://example.com/a.jpg", "items[0].image"),
        ("items.0.image", "https://", "items[0].image"),
        ("items.0.description", 5, "items[0].description"),
        ("items.3.modifier_groups", ["dips"], "lead back"),
        ("items.1.modifier_groups", ["combo"], "lead back"),
    ],
)
def test_what_is_wrong_is_named(path: str, value: Any, field: str) -> None:
    """The first field that is: nothing of such a file comes into force."""
    with pytest.raises(InvalidPayload) as caught:
        read_menu(changed(path, value), "v1")
    assert field in str(caught.value)


def test_options_that_would_write_out_without_end_are_refused() -> None:
    """DoorDash wants every option's options below it: ten groups of ten, four deep, are 11,111."""
    items = [
        {
            "id": f"i{deep}-{number}",
            "name": "x",
            "pos_id": "P",
            "price": PRICE,
            "modifier_groups": [f"g{deep + 1}"] if deep < 5 else [],
        }
        for deep in range(6)
        for number in range(10)
    ]
    groups = [
        {"id": f"g{deep}", "name": "x", "options": [f"i{deep}-{n}" for n in range(10)]}
        for deep in range(1, 6)
    ]
    categories = [{"id": "c", "name": "c", "items": [f"i0-{n}" for n in range(10)]}]
    with pytest.raises(InvalidPayload, match="written out"):
        read_menu(file(items=items, modifier_groups=groups, categories=categories), "v1")
