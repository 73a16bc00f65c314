"""A session that runs, as its commands see it: found, asked over HTTP, and what it refuses.

Only the standard library: a command must be there at once.
"""

from __future__ import annotations

import contextlib
import functools
import html
import http.client
import json
import os
import re
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from urllib.parse import quote, urlencode

import click

from chalice_offline.sessions import Note, running_sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

F = TypeVar("F", bound="Callable[..., Any]")

ENDPOINT_VARIABLE = "CHALICE_OFFLINE_ENDPOINT"
_CONSOLE = "_chalice_offline"
# An error of S3's: of the door itself, and of a request that is too large for any other.
_AWS_REFUSAL = re.compile(rb"<Error><Code>(\w+)</Code><Message>(.*?)</Message>", re.DOTALL)
# Before each try to reach a session again that began anew, or was started again.
_PAUSES = (0, 0.5, 1, 2, 4)
_SECONDS = 900  # as long as a function may run on Lambda


class Refused(click.ClickException):
    """What cannot be done, in one sentence; nothing was changed."""

    exit_code = 2


class _Answer(dict[str, Any]):
    """What a door answers; whoever answers without what is looked for is somebody else."""

    def __init__(self, members: dict[str, Any], url: str) -> None:
        super().__init__(members)
        self._url = url

    def __missing__(self, name: str) -> NoReturn:
        raise Refused(f"{self._url} is no session of chalice-offline: it answers without {name!r}")


class Running:
    """One running session."""

    def __init__(self, url: str, seconds: float = _SECONDS) -> None:
        """Take its AWS endpoint; nothing is asked yet. An answer is waited for so long."""
        self.url = url.rstrip("/")
        self._seconds = seconds
        # No proxy: a session is on this machine.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(self, /, *path: str, **query: Any) -> Any:
        """Return what a door of the console answers."""
        return self._parsed(self.text(*path, **query))

    def text(self, /, *path: str, **query: Any) -> str:
        """Return it as it comes."""
        given = {name: value for name, value in query.items() if value not in (None, "")}
        return self._ask("GET", _api(path, given))[1].decode("utf-8", "replace")

    def post(self, /, *path: str, **body: Any) -> Any:
        """Do what a door of the console does, and return its answer."""
        content = json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return self._parsed(self._ask("POST", _api(path, {}), content, headers)[1])

    def services(self) -> list[str]:
        """Return the AWS services that it answers for, as boto3 spells them."""
        page = self._parsed(self._ask("GET", "_localstack/health")[1])
        return sorted(page["services"])

    def trace(self, text: str) -> str:
        """Return the story of whatever mentions a text, drawn."""
        return self._ask("GET", f"{_CONSOLE}/trace?{urlencode({'text': text})}")[1].decode(
            "utf-8", "replace"
        )

    def invoke(self, function: str, payload: bytes, kind: str) -> tuple[dict[str, str], bytes]:
        """Invoke a function through Lambda's own door: nothing in the answer is masked."""
        path = f"2015-03-31/functions/{quote(function, safe='')}/invocations"
        headers = {"X-Amz-Invocation-Type": kind, "Content-Type": "application/json"}
        if kind == "RequestResponse":
            headers["X-Amz-Log-Type"] = "Tail"
        return self._ask("POST", path, payload, headers)

    def put_object(self, bucket: str, key: str, content: bytes) -> None:
        """Put an object through S3's own door, which takes what is too large for a JSON body."""
        scope = f"test/20260101/{self.get('session')['region']}/s3/aws4_request"
        signed = f"Credential={scope}, SignedHeaders=host, Signature=0"
        headers = {
            "Content-Type": "application/octet-stream",
            # Nobody looks at a signature here; without one it would be a stranger's request.
            "Authorization": f"AWS4-HMAC-SHA256 {signed}",
        }
        self._ask("PUT", f"{quote(bucket, safe='')}/{quote(key, safe='')}", content, headers)

    def follow(self, *path: str, after: str) -> Iterator[Any]:
        """Give what a live feed tells after a revision, as long as the session runs.

        When the feed ends, for the session begins anew, it is opened again where it was.
        """
        last = after
        reply = self._opened("GET", _api(path, {"after": last}), None, {})
        while reply is not None:
            with reply:
                for line in self._lines(reply):
                    if line.startswith(b"id: "):
                        last = line[4:].strip().decode()
                    elif line.startswith(b"data: "):
                        yield self._parsed(line[6:])
            reply = self._feed_again(path, last)

    # ---- within ----------------------------------------------------------------------------------

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[dict[str, str], bytes]:
        with self._opened(method, path, body, headers or {}) as reply:
            found = {name.lower(): value for name, value in reply.headers.items()}
            try:
                return found, reply.read()
            except (OSError, http.client.HTTPException) as error:
                raise self._lost(error) from error

    def _feed_again(self, path: tuple[str, ...], last: str) -> Any:
        """Return a live feed that goes on after a piece; None when it does not come back."""
        never = threading.Event()
        for pause in _PAUSES:
            never.wait(pause)
            with contextlib.suppress(Refused):
                return self._opened("GET", _api(path, {"after": last}), None, {})
        return None

    def _lines(self, reply: Any) -> Iterator[bytes]:
        """Give the lines of a reply until it ends, however it does."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            yield from reply

    def _parsed(self, text: str | bytes) -> Any:
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Refused(f"{self.url} is no session of chalice-offline: no JSON comes") from error
        if not isinstance(answer, dict):
            raise Refused(f"{self.url} is no session of chalice-offline: other JSON comes")
        return _Answer(answer, self.url)

    def _lost(self, error: Exception) -> Refused:
        return Refused(f"the session at {self.url} ended before its answer was whole ({error})")

    def _opened(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        try:
            request = urllib.request.Request(  # noqa: S310 - http, see the_running
                f"{self.url}/{path}", body, headers, method=method
            )
            return self._opener.open(request, timeout=self._seconds)
        except urllib.error.HTTPError as error:
            raise Refused(self._sentence(error, path)) from error
        except http.client.RemoteDisconnected as error:
            raise self._lost(error) from error
        except (ValueError, http.client.InvalidURL) as error:
            raise Refused(f"{self.url} is no address: {error}") from error
        except http.client.HTTPException as error:
            raise Refused(f"{self.url} does not speak HTTP: {error!r}") from error
        except OSError as error:  # URLError is one
            reason = getattr(error, "reason", error)
            raise Refused(
                f"nothing answers at {self.url} ({reason}); start chalice-offline local"
            ) from error

    def _sentence(self, error: urllib.error.HTTPError, path: str) -> str:
        """Return what a refusal says: the console's, Lambda's, or that of the browser policy."""
        try:
            with error:
                content = error.read()
        except (OSError, http.client.HTTPException) as lost:
            return self._lost(lost).message
        if (error.headers.get("content-type") or "").startswith("text/plain"):
            return content.decode("utf-8", "replace").strip().splitlines()[0][:500]
        refusal = _AWS_REFUSAL.search(content)
        if refusal:
            code, message = (
                html.unescape(part.decode("utf-8", "replace")) for part in refusal.groups()
            )
            return f"AWS answers {code}: {message}"
        try:
            told = json.loads(content)
        except ValueError:
            told = None
        members = ("error",) if path.startswith(_CONSOLE) else ("Message", "message")
        for name in members:
            if isinstance(told, dict) and isinstance(told.get(name), str):
                return str(told[name])
        return f"{self.url} is no session of chalice-offline: it answers {error.code}"


def _api(path: tuple[str, ...], query: dict[str, Any]) -> str:
    parts = "/".join(quote(part, safe="") for part in path)
    return f"{_CONSOLE}/api/{parts}" + (f"?{urlencode(query)}" if query else "")


def the_running(endpoint: str | None, seconds: float = _SECONDS) -> Running:
    """Return the session that a command is for; Refused when there is none, or several may be.

    An answer of it is waited for so long.
    """
    if endpoint:
        if "://" not in endpoint:
            endpoint = f"http://{endpoint}"
        if not endpoint.startswith(("http://", "https://")):
            raise Refused(f"{endpoint} is no address: it begins with neither http:// nor https://")
        return Running(endpoint, seconds)
    notes = running_sessions()
    if not notes:
        raise Refused(
            "nothing runs here: start `chalice-offline local` in another terminal, or say where it "
            "runs with --endpoint"
        )
    return Running(_chosen(notes).aws_url, seconds)


def _chosen(notes: list[Note]) -> Note:
    folder = Path.cwd()
    own = [note for note in notes if note.directory and folder.is_relative_to(note.directory)]
    # In a project, another project's session is not meant: some commands empty it.
    others = [note for note in notes if not note.directory] if _is_in_project(folder) else notes
    few = own or others
    if len(few) == 1:
        return few[0]
    named = os.environ.get("AWS_ENDPOINT_URL", "").rstrip("/")
    for note in few:
        if note.aws_url == named:
            return note
    shown = ", ".join(f"{note.aws_url} ({note.project or 'no app'})" for note in few or notes)
    if not few:
        raise Refused(f"no session of this project runs, but {shown}; say which with --endpoint")
    raise Refused(f"several sessions run: {shown}; say which one with --endpoint")


def _is_in_project(folder: Path) -> bool:
    return any((one / ".chalice" / "config.json").exists() for one in (folder, *folder.parents))


def session_options(command: F) -> F:
    """Give a command `running`, the session it is for, and `as_json`."""

    @functools.wraps(command)
    def wrapped(*args: Any, endpoint: str | None, **options: Any) -> Any:
        return command(the_running(endpoint), *args, **options)

    decorated: Any = wrapped
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs."),
        click.option(
            "--endpoint",
            metavar="URL",
            envvar=ENDPOINT_VARIABLE,
            help="The session's AWS endpoint.  [default: the session of this folder's project, "
            "or the only one that runs]",
        ),
    ):
        decorated = option(decorated)
    result: F = decorated
    return result


def say_json(answer: Any, *, indent: int | None = 2) -> None:
    """Write an answer for programs: in their terminal's letters, escaped where it has not got them.

    JSON has spellings of its own for what no encoding has, half of a pair of surrogates.
    """
    text = json.dumps(answer, indent=indent, ensure_ascii=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(answer, indent=indent)
    click.echo(text)
