"""The state machine as it is deployed, the page about it, and the layer of one of its functions."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.testing import Offline

ROOT = Path(__file__).parents[2]
TEMPLATE = json.loads((ROOT / ".chalice/resources.json").read_text())["Resources"]
CONFIG = json.loads((ROOT / ".chalice/config.json").read_text())
DEFINITION = TEMPLATE["StoreOnboarding"]["Properties"]["Definition"]
PREFIX = "${Functions}-"


def states(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every state by its name, those inside of others as well."""
    for name, state in definition["States"].items():
        yield name, state
        for inner in (*state.get("Branches", []), state.get("ItemProcessor")):
            if inner:
                yield from states(inner)


def test_definition_is_valid(offline: Offline) -> None:
    """AWS's own diagnostics have nothing to say."""
    text = json.dumps(DEFINITION)
    for name, value in {"Functions": "f", "ApprovalsTopic": "t", "MailFrom": "a@b.example"}.items():
        text = text.replace(f"${{{name}}}", value)
    assert "${" not in text
    client = offline.client("stepfunctions")
    found = client.validate_state_machine_definition(definition=text)
    assert (found["result"], found["diagnostics"]) == ("OK", [])


def test_every_function_is_one_of_the_app_and_the_role_may_call_it() -> None:
    """The template cannot name what is deployed after it, so nothing else would notice."""
    named = {
        state["Arguments"]["FunctionName"].removeprefix(PREFIX)
        for _, state in states(DEFINITION)
        if "lambda:invoke" in state.get("Resource", "")
    }
    assert named == {name for name in CONFIG["lambda_functions"] if name.startswith("onboarding_")}
    policy = TEMPLATE["StoreOnboardingRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    invoke = policy["Statement"][0]
    assert invoke["Action"] == "lambda:InvokeFunction"
    assert invoke["Resource"]["Fn::Sub"].endswith(":order-middleware-${Stage}-onboarding_*")


def test_every_task_outlives_its_function_and_is_tried_again() -> None:
    """Lambda's own failures are passing; a person's two weeks are the one wait."""
    for name, state in states(DEFINITION):
        if state["Type"] != "Task":
            continue
        assert state["Retry"], name
        function = state.get("Arguments", {}).get("FunctionName", "").removeprefix(PREFIX)
        if function:
            timeout = CONFIG["lambda_functions"][function]["lambda_timeout"]
            assert state["TimeoutSeconds"] > timeout, name
    ask = dict(states(DEFINITION))["Ask"]
    assert ask["TimeoutSeconds"] == ask["Arguments"]["Payload"]["seconds"] == 14 * 86_400


def test_page_has_every_state_in_its_picture() -> None:
    """docs/WORKFLOWS.md is what people look at when something fails."""
    text = (ROOT / "docs/WORKFLOWS.md").read_text(encoding="utf-8")
    picture = text.split("```")[1]
    assert [name for name, _ in states(DEFINITION) if name not in picture] == []


def layers(*arguments: str, project: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts/layers.py"), "--project", str(project)]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


def test_layer_is_the_same_each_time_and_holds_what_reads_forms(tmp_path: Path) -> None:
    """Below python/, readable for everybody, nothing that was compiled here."""
    archives = [tmp_path / name for name in ("one.zip", "two.zip")]
    for archive in archives:
        assert layers("--archive", str(archive)).returncode == 0
    first, second = (archive.read_bytes() for archive in archives)
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as file:
        entries = file.infolist()
    assert "python/pypdf/__init__.py" in {entry.filename for entry in entries}
    for entry in entries:
        assert entry.filename.startswith("python/")
        assert not entry.filename.endswith((".pyc", ".so"))
        assert entry.external_attr >> 16 == 0o100644


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("no-such-package-anywhere", "is not installed here"),
        ("pypdf<1", "is wanted, and"),
        ("cryptography", "cryptography needs"),
        ("cffi\npycparser", "is compiled"),
    ],
)
def test_layer_that_would_not_run_is_not_made(tmp_path: Path, line: str, why: str) -> None:
    """It says why, and writes nothing."""
    (tmp_path / "requirements-documents.txt").write_text(f"# comment\n{line}\n")
    archive = tmp_path / "layer.zip"
    done = layers("--archive", str(archive), project=tmp_path)
    assert (done.returncode, archive.exists()) == (1, False)
    assert why in done.stderr
