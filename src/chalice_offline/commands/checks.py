"""What `chalice-offline doctor` looks at, a function each; none of them changes anything."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from chalice_offline.commands.running import Refused, Running
from chalice_offline.core.errors import ProjectError
from chalice_offline.sessions import running_sessions
from chalice_offline.storage import examine

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = ("chalice-offline", "chalice", "boto3", "botocore", "moto", "uvicorn", "time-machine")
PORTS = {8000: "the app's routes", 4566: "the AWS endpoint"}
_OLDEST_PYTHON = (3, 11)
# Lambda's Python runtimes (AWS Lambda developer guide, "Lambda runtimes").
_LAMBDA_PYTHONS = frozenset({"3.11", "3.12", "3.13", "3.14"})
_DESCRIPTORS = 1_024
_SESSION_SECONDS = 5  # one that hangs, or is stopped, is a finding and nothing to wait for
_LOOPBACK = "127.0.0.1"


class Finding(NamedTuple):
    """One thing that was looked at; `status` is ok, warning or error."""

    status: str
    about: str
    text: str


def data_file(file: Path) -> Iterator[Finding]:
    """A file of `--data`, every entry and large object of it; takes as long as reading it does."""
    try:
        count, wrong = examine(file)
    except ProjectError as error:
        yield Finding("error", "data", str(error))
        return
    for damage in wrong:
        yield Finding("error", "data", damage)
    if not file.exists():
        yield Finding("ok", "data", f"{file} is not there yet; --data makes it")
    elif not wrong:
        yield Finding("ok", "data", f"{file} is as it was written, with {count} large objects")


def versions() -> Iterator[Finding]:
    """Python and the packages that matter."""
    python = platform.python_version()
    if sys.version_info < _OLDEST_PYTHON:
        yield Finding("error", "Python", f"{python}; 3.11 or later is needed")
    elif python.rpartition(".")[0] not in _LAMBDA_PYTHONS:
        yield Finding("warning", "Python", f"{python}, which Lambda does not have")
    else:
        yield Finding("ok", "Python", f"{python} ({sys.executable})")
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            yield Finding("error", "packages", f"{package} is not installed")
    yield Finding("ok", "packages", ", ".join(found))


def ports() -> Iterator[Finding]:
    """The usual ports: free, a session's, or somebody else's."""
    own = {
        urlsplit(url).port for note in running_sessions() for url in (note.aws_url, note.app_url)
    }
    for port, what in PORTS.items():
        if port in own:
            yield Finding("ok", f"port {port}", f"{what} of a session that runs")
        elif _is_free(port):
            yield Finding("ok", f"port {port}", f"free, for {what}")
        else:
            yield Finding(
                "warning",
                f"port {port}",
                f"taken by another program; {what} will be on another port, which is told",
            )


def sessions() -> Iterator[Finding]:
    """Those that run, and whether they answer."""
    for note in running_sessions():
        what = f"{note.project}, stage {note.stage}" if note.project else "no app"
        try:
            Running(note.aws_url, _SESSION_SECONDS).get("session")
        except Refused as error:
            yield Finding("warning", "session", f"process {note.pid}: {error.format_message()}")
        else:
            yield Finding("ok", "session", f"{note.aws_url} ({what}, process {note.pid})")


def environment(directory: Path) -> Iterator[Finding]:
    """Variables of the shell that change where AWS calls go."""
    for name in ("HTTP_PROXY", "http_proxy"):
        exempt = os.environ.get("NO_PROXY", "") + os.environ.get("no_proxy", "")
        if os.environ.get(name) and _LOOPBACK not in exempt and "localhost" not in exempt:
            yield Finding(
                "error",
                name,
                "boto3 would send calls to this machine through the proxy: "
                "export NO_PROXY=localhost,127.0.0.1",
            )
            break
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if endpoint and not _answers(endpoint):
        yield Finding("warning", "environment", f"AWS_ENDPOINT_URL is {endpoint}: nothing answers")
    if os.environ.get("AWS_PROFILE"):
        yield Finding(
            "ok",
            "environment",
            "AWS_PROFILE is set; calls that go to a session use none of its credentials",
        )
    if (directory / ".env").exists():
        yield Finding("ok", "environment", "there is a .env; read with local --env-file .env")


def aws_cli() -> Iterator[Finding]:
    """The AWS CLI."""
    aws = shutil.which("aws") or shutil.which("aws", path=str(Path(sys.executable).parent))
    if aws is None:
        yield Finding("warning", "AWS CLI", "not on PATH; chalice-offline awslocal needs it")
        return
    told = _version_of(aws)
    yield Finding("ok", "AWS CLI", f"{told} ({aws})")
    if told.startswith("aws-cli/1."):
        yield Finding(
            "ok",
            "AWS CLI",
            "version 1's sqs ignores AWS_ENDPOINT_URL: use chalice-offline awslocal sqs …",
        )


def system() -> Iterator[Finding]:
    """Descriptors and the folder for temporary files."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        pass
    else:
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if 0 <= limit < _DESCRIPTORS:
            yield Finding(
                "warning",
                "descriptors",
                f"{limit} open files at most: few clients at a time; ulimit -n 4096 allows more",
            )
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if free < 100 * 1024 * 1024:
        yield Finding("warning", "disk", f"{free // 1024 // 1024} MB are free in {folder}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError:
            return False
        return True


def _answers(url: str) -> bool:
    try:
        parts = urlsplit(url)
        address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        socket.create_connection(address, timeout=1).close()
    except (OSError, ValueError):
        return False
    return True


def _version_of(program: str) -> str:
    try:
        told = subprocess.run(  # noqa: S603 - what PATH calls aws
            [program, "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"aws does not start ({error})"
    return (told.stdout or told.stderr).split(" ")[0].strip() or "aws says no version"
