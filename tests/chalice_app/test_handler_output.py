"""What handlers print goes where it would have gone, a line at a time."""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from chalice_offline.chalice_app.run_output import HELD_CHARACTERS_MAX
from chalice_offline.testing import Offline

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = """
import gc
import io
import sys

@app.lambda_function()
def speaks(event, context):
    print("one", "two")
    print("begun", end="", flush=True)
    print(" and", "ended")
    print("left", end="")

@app.lambda_function()
def logs(event, context):
    app.log.error("by Chalice's own logger")

@app.lambda_function()
def writes(event, context):
    try:
        sys.stdout.write(eval(event))
    except (TypeError, UnicodeEncodeError) as error:
        return str(error)
    return "written"

@app.lambda_function()
def complains(event, context):
    print("half a \\ud800", file=sys.stderr)

@app.lambda_function()
def dots(event, context):
    for _ in range(event):
        print(".", end="")
    return len(sys.stdout.pieces)

@app.lambda_function()
def bytes_too(event, context):
    print("first", end=" ")
    sys.stdout.buffer.write("zwölf\\n".encode()[:3])
    sys.stdout.buffer.write("zwölf\\n".encode()[3:])

@app.lambda_function()
def cut_off(event, context):
    sys.stdout.buffer.write("zwölf\\n".encode()[:3])

class Talkative(str):
    def split(self, *separators):
        print("inside")
        return super().split(*separators)
    rfind = rpartition = isascii = encode = __add__ = __radd__ = split

@app.lambda_function()
def talks(event, context):
    sys.stdout.write(Talkative("outside\\n"))

@app.lambda_function()
def closes(event, context):
    with sys.stdout as output:
        output.write("with\\n")
    sys.stdout.close()
    sys.stdout.buffer.close()
    wrapped = io.TextIOWrapper(sys.stdout.detach(), encoding="utf-8")
    wrapped.write("wrapped\\n")
    del wrapped  # Python closes what it wraps
    gc.collect()
    print("after")

@app.lambda_function()
def leaves(event, context):
    print("left", end="")
    return "done"
"""


class Pieces(io.StringIO):
    """Standard output that remembers what came in one piece, and has no hash."""

    encoding = "utf-8"  # type: ignore[assignment]
    errors = "strict"  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.buffer = io.BytesIO()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pieces)

    __hash__ = None  # type: ignore[assignment]

    def write(self, text: str) -> int:
        if self.closed:
            message = "I/O operation on closed file"
            raise ValueError(message)
        self.pieces.append(text)
        return len(text)


@contextmanager
def on_screen(projects: Any) -> Iterator[tuple[Offline, Pieces]]:
    """The project, and what its standard output and error show."""
    screen = Pieces()
    # Not by a fixture: pytest has streams of its own for each phase of a test.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", screen)
        patch.setattr(sys, "stderr", screen)
        with Offline(projects.write(CODE)) as offline:
            yield offline, screen
            patch.undo()


def written(function: str) -> list[str]:
    """Return what CloudWatch Logs has of a function, but for what Lambda writes itself."""
    logs = boto3.client("logs", region_name="us-east-1")
    names = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    group = next(name for name in names if name.endswith(f"-{function}"))
    events = logs.filter_log_events(logGroupName=group)["events"]
    lambdas_own = ("START ", "END ", "REPORT ")
    return [event["message"] for event in events if not event["message"].startswith(lambdas_own)]


def test_a_line_is_written_in_one_piece(projects: Any) -> None:
    """So that nobody else's gets between its words; what is flushed or left comes as it is."""
    with on_screen(projects) as (offline, screen):
        offline.invoke("speaks")
        assert screen.pieces == ["one two\n", "begun", " and ended\n", "left"]


def test_what_chalice_logs_is_in_the_log(projects: Any) -> None:
    """Chalice's logger takes hold of standard output when the app is imported."""
    with on_screen(projects) as (offline, screen):
        offline.invoke("logs")
        assert any("by Chalice's own logger" in piece for piece in screen.pieces)
        assert any("by Chalice's own logger" in line for line in written("logs"))


@pytest.mark.parametrize("text", ["b'x'", "None", "5"])
def test_what_is_no_text_is_refused_as_python_does(projects: Any, text: str) -> None:
    """The sentence is that of a stream of Python's."""
    with on_screen(projects) as (offline, _):
        answer = offline.invoke("writes", text).payload
        assert answer == f"write() argument must be str, not {type(eval(text)).__name__}"


@pytest.mark.parametrize("text", ["'\\ud800'", "'\\ud800\\n'"])
def test_what_the_terminal_has_no_bytes_for_is_refused_at_once(projects: Any, text: str) -> None:
    """Whoever prints hears of it, not whoever ends the run; the log has only what was printed."""
    with on_screen(projects) as (offline, screen):
        assert "surrogates not allowed" in offline.invoke("writes", text).payload
        assert screen.pieces == []
        assert written("writes") == []


def test_half_a_character_does_not_keep_a_log_from_being_read(projects: Any) -> None:
    """Standard error takes any text; what is sent to a client shows it as Python would."""
    with on_screen(projects) as (offline, screen):
        screen.errors = "backslashreplace"
        offline.invoke("complains")
        assert "half a \\ud800\n" in written("complains")


def test_a_line_without_end_is_not_kept_for_ever(projects: Any) -> None:
    """Dots that say that something gets on come in pieces, and cost what they cost elsewhere."""
    with on_screen(projects) as (offline, screen):
        pieces_meanwhile = offline.invoke("dots", 3 * HELD_CHARACTERS_MAX).payload
        assert 0 < pieces_meanwhile <= 3
        assert "".join(screen.pieces) == "." * 3 * HELD_CHARACTERS_MAX


def test_bytes_are_written_after_the_text_before_them(projects: Any) -> None:
    """And are taken down as one line, wherever they were cut."""
    with on_screen(projects) as (offline, screen):
        offline.invoke("bytes_too")
        assert screen.pieces == ["first "]
        assert screen.buffer.getvalue().decode() == "zwölf\n"
        assert written("bytes_too") == ["first zwölf\n"]


def test_a_character_that_is_cut_off_is_taken_down_as_its_bytes(projects: Any) -> None:
    """No more of it comes when the run is over: nothing that was written is left out."""
    with on_screen(projects) as (offline, _):
        offline.invoke("cut_off")
        assert written("cut_off") == ["zw\\xc3"]


def test_who_writes_while_something_is_written_is_not_stuck(projects: Any) -> None:
    """What Python collects in between may print, too; here a text's own methods do."""
    with on_screen(projects) as (offline, screen):
        offline.invoke("talks")
        assert screen.pieces == ["outside\n"]


def test_nobody_closes_what_all_write_to(projects: Any) -> None:
    """The terminal's lines go there, too, and those of other functions."""
    with on_screen(projects) as (offline, screen):
        offline.invoke("closes")
        assert written("closes") == ["with\n", "wrapped\n", "after\n"]
        assert (screen.closed, screen.buffer.closed) == (False, False)
        assert screen.buffer.getvalue() == b"wrapped\n"


def test_a_stream_that_is_closed_is_no_failure_of_the_handler(projects: Any) -> None:
    """What it printed last is lost to the screen, and is in the log."""
    with on_screen(projects) as (offline, screen):
        screen.close()
        assert offline.invoke("leaves").payload == "done"
        assert written("leaves") == ["left"]


def test_a_process_without_streams_prints_nothing_and_logs_all(
    projects: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python has None for a stream that was closed before it began."""
    with on_screen(projects) as (offline, _):
        monkeypatch.setattr(sys, "stdout", None)
        offline.invoke("speaks")
        assert written("speaks") == ["one two\n", "begun and ended\n", "left"]
