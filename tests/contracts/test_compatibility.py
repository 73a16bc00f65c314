"""What may change within a version, and what the command refuses."""

from __future__ import annotations

import json
import subprocess
from copy import deepcopy
from typing import TYPE_CHECKING, Any, TypedDict, get_type_hints

import pytest

from chalicelib.contracts import events, published
from chalicelib.contracts.__main__ import main
from chalicelib.contracts.compatibility import breaks
from chalicelib.contracts.schemas import data_schema
from chalicelib.domain.events import NEWER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TYPE = "order.accepted"
FILE = f"docs/events/{TYPE}/1.json"
Schema = dict[str, Any]


def fields(schema: Schema) -> Schema:
    found: Schema = schema["properties"]
    return found


FINE: dict[str, Callable[[Schema], Any]] = {
    "nothing": lambda _: None,
    "optional field": lambda s: fields(s).update(extra={"type": "string"}),
    "optional field in a field": lambda s: fields(fields(s)["refusal"]).update(x={"type": "null"}),
    "texts": lambda s: s.update(title="new", description="new"),
    "another known value": lambda s: fields(s)["from"]["x-known-values"].append("thawed"),
}
REFUSED: dict[str, tuple[Callable[[Schema], Any], str]] = {
    "optional field removed": (lambda s: fields(s).pop("drift"), "data.drift was removed"),
    "required field removed": (
        lambda s: (fields(s).pop("orderId"), s["required"].remove("orderId")),
        "data.orderId was removed",
    ),
    "retyped": (
        lambda s: fields(s).update(orderId={"type": "integer"}),
        "data.orderId was string and is integer now",
    ),
    "null besides": (
        lambda s: fields(s).update(orderId={"type": ["string", "null"]}),
        "data.orderId was string and is null or string now",
    ),
    "null no more": (
        lambda s: fields(s).update(storeId={"type": "string"}),
        "data.storeId was null or string and is string now",
    ),
    "required field new": (
        lambda s: (fields(s).update(extra={"type": "string"}), s["required"].append("extra")),
        "data.extra is new and required: older events do not have it",
    ),
    "required now": (lambda s: s["required"].append("drift"), "data.drift has become required"),
    "optional now": (lambda s: s["required"].remove("from"), "data.from has become optional"),
    "closed": (
        lambda s: s.update(additionalProperties=False),
        "data[]: what may be in it has changed",
    ),
    "fewer values": (
        lambda s: fields(s)["from"].update(enum=["new"]),
        "data.from: 'enum' has changed",
    ),
    "deep inside": (
        lambda s: fields(fields(s)["refusal"])["items"]["items"]["properties"].pop("id"),
        "data.refusal.items[].id was removed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", sorted(FINE))
def test_fine_within_a_version(change: str) -> None:
    """Consumers of either schema read both kinds of events."""
    new = deepcopy(data_schema(TYPE))
    FINE[change](new)
    assert breaks(data_schema(TYPE), new) == []


@pytest.mark.parametrize("change", sorted(REFUSED))
def test_refused_within_a_version(change: str) -> None:
    """Somebody's consumer would stumble, and the message says over what."""
    new = deepcopy(data_schema(TYPE))
    act, complaint = REFUSED[change]
    act(new)
    assert complaint in breaks(data_schema(TYPE), new)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository in which the contracts of this code are published."""
    assert main(["--root", str(tmp_path)]) == 0
    return tmp_path


def with_data(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    """Give the type's data other fields; None removes one."""
    hints = {**get_type_hints(events.OrderPriced, include_extras=True), **changed}
    kept = {name: hint for name, hint in hints.items() if hint is not None}
    shape: Any = TypedDict("OrderPriced", kept)  # type: ignore[misc]
    shape.__doc__ = "Changed."
    monkeypatch.setitem(events.CONTRACTS, TYPE, events.Contract(shape, "changed"))


def test_command_writes_an_optional_field(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check fails until it was generated, then it passes."""
    with_data(monkeypatch, tableNumber=events.NotRequired[int])
    assert main(["--root", str(root), "--check"]) == 1
    assert main(["--root", str(root)]) == 0
    assert main(["--root", str(root), "--check"]) == 0
    assert "tableNumber" in (root / FILE).read_text()


def test_command_refuses_what_breaks_and_writes_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 and a sentence; the files stay as they were."""
    before = published.on_disk(root)
    with_data(monkeypatch, receivedMs=str, orderId=None)
    for arguments in (["--root", str(root)], ["--root", str(root), "--check"]):
        assert main(arguments) == 2
        said = capsys.readouterr().err
        assert "order.accepted/1: data.receivedMs was integer and is string now" in said
        assert "order.accepted/1: data.orderId was removed" in said
    assert published.on_disk(root) == before


def test_new_version_is_a_file_beside_the_old_one(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are published; what events name is the new one."""
    old = (root / FILE).read_text()
    with_data(monkeypatch, receivedMs=str)
    monkeypatch.setitem(NEWER, TYPE, 2)
    assert main(["--root", str(root)]) == 0
    assert main(["--root", str(root), "--check"]) == 0
    assert (root / FILE).read_text() == old
    new = json.loads((root / f"docs/events/{TYPE}/2.json").read_text())
    assert new["$id"] == f"urn:order-middleware:{TYPE}:2"


def test_what_was_committed_counts_when_its_file_was_written_over(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """To delete or edit a file by hand gets nobody past CI."""

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)  # fmt: skip  # noqa: E501

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "published")
    (root / FILE).unlink()
    with_data(monkeypatch, receivedMs=str)
    assert main(["--root", str(root)]) == 2
    assert "(published in " in capsys.readouterr().err


def test_files_of_nothing_are_found(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A type that was renamed, a version that never was: neither stays unnoticed."""
    (root / "docs/events/order.accepted/7.json").write_text("{}")
    (root / "docs/events/order.renamed").mkdir()
    (root / "docs/events/order.renamed/1.json").write_text("{}")
    assert main(["--root", str(root), "--check"]) == 2
    said = capsys.readouterr().err
    assert "order.renamed: published and gone" in said
    assert "order.accepted: published and gone" in said
