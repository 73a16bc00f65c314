"""Whatever cannot work ends `chalice-offline` with one sentence and exit code 2."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.core.errors import ProjectError
from chalice_offline.testing import Offline

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = "\n@app.lambda_function()\ndef plain(event, context):\n    pass\n"


def refused(directory: Path, *arguments: str) -> str:
    """Run the program and return the one line it must end with."""
    ended = subprocess.run(
        [sys.executable, "-m", "chalice_offline", *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode == 2, ended.stderr
    [line] = ended.stderr.splitlines()
    assert line.startswith("chalice-offline: ")
    return line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("local", "--port", "70000"), "70000 is not in the range 0<=x<=65535"),
        (("aws", "--port", "-1"), "-1 is not in the range"),
        (("aws", "--port", "http"), "'http' is not a whole number"),
        (("local", "--stage", "nosuch"), "has no stage 'nosuch'; it has dev, prod"),
        (("local", "--endpoint", "http://[::1"), "give a URL"),
        (("local", "--endpoint", "http://localhost:70000"), "give a URL"),
        (("local", "--project-dir", "nosuch"), "'nosuch' does not exist"),
        (("local", "--project-dir", "app.py"), "'app.py' is a file"),
        (("local", "--env", "TABLE"), "'TABLE' is not NAME=VALUE"),
        (("local", "--nope"), "--nope"),
        (("nope",), "there is no command nope"),
    ],
)
def test_wrong_option_is_one_sentence(projects: Any, arguments: tuple[str], words: str) -> None:
    """Never a traceback, never a page of usage."""
    stages: dict[str, Any] = {"dev": {}, "prod": {}}
    directory = projects.write(PLAIN, config={"stages": stages})
    assert words in refused(directory, *arguments)


@pytest.mark.parametrize(
    ("code", "line", "words"),
    [
        ('os.environ["TABLE"]\n', 5, "KeyError: 'TABLE'"),
        ("raise SystemExit\n", 5, "SystemExit"),
        ("raise GeneratorExit\n", 5, "GeneratorExit"),
        ("class Odd(BaseException): pass\nraise Odd('oh')\n", 6, "Odd: oh"),
        ("import json\njson.loads('{')\n", 6, "JSONDecodeError"),
        ("def f():\n    f()\nf()\n", 6, "RecursionError"),
    ],
)
def test_app_that_cannot_be_imported_names_its_own_line(
    run: Any, code: str, line: int, words: str
) -> None:
    """The line is the last one of the project's own, not of a library it called."""
    with pytest.raises(ProjectError) as caught:
        run(code)
    text = str(caught.value)
    assert f"app.py, line {line}: " in text
    assert words in text
    assert "\n" not in text


def test_app_that_raises_keyboard_interrupt_is_no_ctrl_c(projects: Any) -> None:
    """Only the developer's own Ctrl-C ends the program quietly."""
    line = refused(projects.write("raise KeyboardInterrupt\n"), "local")
    assert "app.py, line 5: KeyboardInterrupt" in line


@pytest.mark.parametrize("name", ["config.json", "resources.json"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a": ' * 200_000, "nested too deeply"),
        (b'{"a": ' + b"1" * 10_000 + b"}", "cannot be read"),
        (b"\xff\xfe{", "cannot be read"),
    ],
)
def test_file_that_cannot_be_read_is_one_sentence(
    run: Any, projects: Any, name: str, content: bytes, words: str
) -> None:
    """The file is named, whatever is in it."""
    projects.write(PLAIN)
    (projects.directory / ".chalice" / name).write_bytes(content)
    with pytest.raises(ProjectError) as caught:
        load_and_start(projects)
    text = str(caught.value)
    assert name in text
    assert words in text
    assert "\n" not in text


def load_and_start(projects: Any) -> None:
    with Offline(projects.directory, stage="dev"):
        pass


def test_setting_among_the_functions_is_let_pass(run: Any) -> None:
    """Chalice takes "automatic_layer" there without looking at it, and so do we."""
    offline = run(PLAIN, config={"lambda_functions": {"automatic_layer": True}})
    assert offline.invoke("plain").payload is None


def test_settings_of_a_function_must_be_an_object(run: Any) -> None:
    """Under the name of a function Chalice would look, and fail."""
    with pytest.raises(ProjectError, match=r'"lambda_functions" must map .* plain is True'):
        run(PLAIN, config={"lambda_functions": {"plain": True}})


def test_all_routes_are_one_function(run: Any) -> None:
    """As `chalice deploy` makes them: one function for the routes, one for each other handler."""
    offline = run(
        """
@app.route("/")
def index():
    return {}

@app.route("/more")
def more():
    return {}

@app.lambda_function()
def plain(event, context):
    pass

@app.authorizer()
def door(request):
    pass

@app.on_sqs_message("jobs")
def work(event):
    pass
"""
    )
    listed = offline.client("lambda").list_functions()["Functions"]
    names = sorted(function["FunctionName"] for function in listed)
    assert names == ["demo-dev", "demo-dev-door", "demo-dev-plain", "demo-dev-work"]
