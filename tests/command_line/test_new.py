"""`chalice-offline new`: a project that works at once, or nothing at all."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from chalice_offline.cli import main
from chalice_offline.commands.own_requirement import OwnRequirement, requirement_of
from chalice_offline.testing import Offline

if TYPE_CHECKING:
    from click.testing import Result


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which the commands run in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["new", *arguments])


def refused(*arguments: str) -> str:
    """Run the command, which must end with one line and exit code 2; return the line."""
    ended = run(*arguments)
    assert ended.exit_code == 2, ended.output
    [line] = ended.output.splitlines()
    assert line.startswith("chalice-offline: ")
    return line


def test_new_project_passes_its_own_tests(folder: Path) -> None:
    """What it makes is what it promises: `pytest` in the folder is green, without a setting."""
    ended = run("shop")
    assert ended.exit_code == 0, ended.output
    assert "cd shop" in ended.output

    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder / "shop",
        capture_output=True,
        text=True,
        timeout=110,
    )

    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "4 passed" in tested.stdout


def test_new_project_works_with_the_policies_that_chalice_makes_for_it() -> None:
    """With IAM enforced a note is kept and counted: the project will work on AWS, too."""
    assert run("shop").exit_code == 0
    with Offline("shop", iam="enforce") as offline:
        note_id = offline.http.post("/notes", json={"text": "buy milk"}).json_body["id"]
        offline.settle()
        assert offline.http.get(f"/notes/{note_id}").json_body["text"] == "buy milk"
        offline.advance(hours=1)  # a call that is refused would be raised here
        assert [run.function for run in offline.runs()] == [
            "api_handler",
            "keep",
            "api_handler",
            "count",
        ]


def test_new_project_is_whole_and_named(folder: Path) -> None:
    """Every file is there, JSON is JSON, and no placeholder is left."""
    assert run("shop-2", "--directory", "elsewhere").exit_code == 0
    made = folder / "elsewhere"
    texts = {
        str(path.relative_to(made)): path.read_text() for path in made.rglob("*") if path.is_file()
    }
    assert {"app.py", "tests/test_app.py", ".chalice/config.json", "README.md"} <= texts.keys()
    assert "{{" not in "".join(texts.values())
    assert json.loads(texts[".chalice/config.json"])["app_name"] == "shop-2"
    for name in (".chalice/resources.json", ".vscode/launch.json"):
        json.loads(texts[name])
    assert [path.name for path in folder.iterdir()] == ["elsewhere"]


@pytest.mark.parametrize(
    "name", ["", "a b", "1st", "shop/inner", "../shop", "shop-", "é", "a" * 41]
)
def test_new_name_that_aws_would_not_take_is_refused(folder: Path, name: str) -> None:
    """It becomes part of the names of queues, functions and a stack."""
    assert "no name for a project" in refused("--", name)
    assert list(folder.iterdir()) == []


def test_new_leaves_alone_what_is_there(folder: Path) -> None:
    """A folder, even an empty one, a file, a link to nowhere: none is written to."""
    (folder / "folder").mkdir()
    (folder / "file").write_text("mine")
    (folder / "link").symlink_to("nowhere")
    for name in ("folder", "file", "link"):
        assert f"{name} is there already" in refused(name)
    assert list((folder / "folder").iterdir()) == []
    assert (folder / "file").read_text() == "mine"
    assert not (folder / "nowhere").exists()
    assert "is no folder" in refused("shop", "--directory", "no/where")
    assert "is no folder" in refused("shop", "--directory", "file/inner")


def test_new_that_fails_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full in the middle: no half of a project, and the reason in one sentence."""

    def full(self: Path, *_: Any, **__: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert "cannot make shop: No space left on device" in refused("shop")
    assert list(folder.iterdir()) == []


REQUIREMENTS = {
    "a wheel of another machine": (
        {"url": "https://h.example/a/c-1.whl", "archive_info": {"hashes": {"sha256": "ab"}}},
        "chalice-offline @ https://h.example/a/c-1.whl#sha256=ab",
    ),
    "a commit": (
        {
            "url": "https://h.example/a.git",
            "vcs_info": {"vcs": "git", "requested_revision": "main", "commit_id": "0a1b"},
            "subdirectory": "python",
        },
        "chalice-offline @ git+https://h.example/a.git@0a1b#subdirectory=python",
    ),
    "an editable folder": (
        {"url": "file:///", "dir_info": {"editable": True}},
        "--editable file:///",
    ),
    "a folder": ({"url": "file:///", "dir_info": {}}, "chalice-offline @ file:///"),
    "a note without a place": ({"archive_info": {}}, "chalice-offline"),
    "a note that would be two lines": ({"url": "https://h.example/\n-r x"}, "chalice-offline"),
    "no note that anybody understands": ([1], "chalice-offline"),
}


@pytest.mark.parametrize("kind", REQUIREMENTS)
def test_a_new_project_asks_pip_for_what_made_it(kind: str) -> None:
    """By the note that installers leave (PEP 610); a registry leaves none."""
    note, line = REQUIREMENTS[kind]
    assert requirement_of(json.dumps(note)) == OwnRequirement(line)


@pytest.mark.parametrize("note", [None, "", "{", "null"])
def test_what_came_from_a_registry_is_asked_for_by_its_name(note: str | None) -> None:
    """Also when the note cannot be read."""
    assert requirement_of(note) == OwnRequirement("chalice-offline")


def test_a_place_that_is_gone_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project is made, and a sentence says what to do."""
    gone = folder / "a b" / "c.whl"
    note = json.dumps({"url": gone.as_uri(), "archive_info": {}})
    assert requirement_of(note) == OwnRequirement("chalice-offline", str(gone))
    own = OwnRequirement("chalice-offline", str(gone))
    monkeypatch.setattr("chalice_offline.commands.new.own_requirement", lambda: own)
    said = run("shop").output
    assert f"installed from {gone}, where nothing is now" in said
    assert "\nchalice-offline\n" in (folder / "shop" / "requirements-dev.txt").read_text()
