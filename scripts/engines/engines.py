"""Installs, starts and stops the AWS engines that the order pipeline is compared with.

    python scripts/engines/engines.py install localstack|dynamodb|ministack|moto
    python scripts/engines/engines.py start NAME --port N
    python scripts/engines/engines.py run localstack+dynamodb --port N -- COMMAND...

Everything lands in `.engines/` under the repository root, which ignores itself in git. No
engine needs Docker; all listen on 127.0.0.1 only. Standard library only, so that a fresh
checkout can call it. From Python: `engine("localstack", port=4566)` with `with` or
`start()` and `stop()`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent))

from installation import RECIPES, EngineError, install
from process import Engine, engine, free_port

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

__all__ = ["Engine", "EngineError", "client_environment", "engine", "install", "main"]

#: Credentials are placeholders: no engine checks them. A profile or session token of the
#: user's own would reach the engine, or send a call to AWS, so they are taken out.
PERSONAL_VARIABLES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")


def client_environment(
    engines: Sequence[Engine], base: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return `base` (default: this process's environment) with AWS clients sent to `engines`.

    An engine named "dynamodb" beside others answers DynamoDB and its streams; the first of
    the rest answers every other service.
    """
    environment = dict(os.environ if base is None else base)
    for name in PERSONAL_VARIABLES:
        environment.pop(name, None)
    tables = [one for one in engines if one.name == "dynamodb"]
    others = [one for one in engines if one.name != "dynamodb"]
    environment["AWS_ENDPOINT_URL"] = (others or tables)[0].url
    for one in tables:
        environment["AWS_ENDPOINT_URL_DYNAMODB"] = one.url
        environment["AWS_ENDPOINT_URL_DYNAMODB_STREAMS"] = one.url
    environment["AWS_ACCESS_KEY_ID"] = environment["AWS_SECRET_ACCESS_KEY"] = "test"
    region = environment.get("AWS_DEFAULT_REGION") or environment.get("AWS_REGION") or "us-east-1"
    environment["AWS_DEFAULT_REGION"] = environment["AWS_REGION"] = region
    return environment


def engines_named(names: str, port: int) -> list[Engine]:
    """Return the engines of "localstack+dynamodb", on `port`, `port` + 1 and so on (0: any free).

    Raises EngineError for a name that is not an engine's.
    """
    chosen = names.split("+")
    for name in chosen:
        if name not in RECIPES:
            message = f"{name!r} is not an engine; there are {', '.join(RECIPES)}"
            raise EngineError(message)
    ports = [port + index if port else free_port() for index in range(len(chosen))]
    return [engine(name, port=number) for name, number in zip(chosen, ports, strict=True)]


def start_all(engines: Sequence[Engine], stack: ExitStack, timeout_seconds: float) -> None:
    """Start `engines` side by side and wait for all; the stack stops them, last first."""
    for one in engines:
        stack.callback(one.stop)
        one.launch()
    for one in engines:
        one.wait(timeout_seconds)
        pids = " ".join(str(pid) for pid in one.pids)
        report(f"{one.name}: {one.url} ready in {one.ready_seconds:.2f} s, pids {pids}")


def start(arguments: argparse.Namespace) -> int:
    """Run engines in the foreground until a signal, or until one of them ends by itself."""
    with ExitStack() as stack:
        engines = engines_named(arguments.engine, arguments.port)
        start_all(engines, stack, arguments.timeout)
        while True:
            time.sleep(0.5)
            for one in engines:
                if not one.running:
                    message = f"{one.name} ended by itself; its log is {one.log}"
                    raise EngineError(message)


def run(arguments: argparse.Namespace) -> int:
    """Run a command against started engines and return the command's exit code."""
    command = arguments.command
    if not command or shutil.which(command[0]) is None:
        message = f"no such command: {command[0]}" if command else "run needs -- COMMAND..."
        raise EngineError(message)
    with ExitStack() as stack:
        engines = engines_named(arguments.engine, arguments.port)
        start_all(engines, stack, arguments.timeout)
        child = subprocess.Popen(command, env=client_environment(engines))
        stack.callback(end_command, child)
        return child.wait()


def end_command(child: subprocess.Popen[bytes]) -> None:
    """End a command that a signal to us left running."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def install_named(arguments: argparse.Namespace) -> int:
    """Install each engine of "localstack+dynamodb"."""
    for name in arguments.engine.split("+"):
        install(name, report=report, python=arguments.python, force=arguments.force)
    return 0


def report(line: str) -> None:
    """Print a progress line at once, also into a pipe; standard output is the command's."""
    print(line, file=sys.stderr, flush=True)


def raise_exit(number: int, _frame: FrameType | None) -> None:
    """Turn a signal into an orderly exit, so that every engine is stopped."""
    raise SystemExit(128 + number)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="engines.py", description=__doc__.split("\n")[0])
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser("install", help="install into .engines/, once")
    add.add_argument("engine", metavar="NAME", help=" | ".join(RECIPES))
    add.add_argument("--python", help="interpreter to make the environment with")
    add.add_argument("--force", action="store_true", help="install again")
    add.set_defaults(call=install_named)
    for name, call in (("start", start), ("run", run)):
        one = actions.add_parser(name, help=(call.__doc__ or "").splitlines()[0])
        one.add_argument("engine", metavar="NAME", help="one, or two joined by +")
        one.add_argument("--port", type=int, default=4566, help="0: any free port (default 4566)")
        one.add_argument("--timeout", type=float, default=60, help="seconds to wait until ready")
        if name == "run":
            one.usage = "engines.py run NAME [--port N] [--timeout S] -- COMMAND..."
        one.set_defaults(call=call)
    words = list(sys.argv[1:] if arguments is None else arguments)
    split = words.index("--") if "--" in words else len(words)
    parsed = parser.parse_args(words[:split])
    parsed.command = words[split + 1 :]
    return parsed


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code (1: an engine's fault, one sentence)."""
    parsed = parse(arguments)
    signal.signal(signal.SIGTERM, raise_exit)
    signal.signal(signal.SIGHUP, raise_exit)
    try:
        return int(parsed.call(parsed))
    except EngineError as error:
        report(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
