"""The command line: `chalice-offline local` and `chalice-offline aws`."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chalice_offline.attach.command import AttachOptions, attach, attach_options
from chalice_offline.commands.after_deploy import after_deploy
from chalice_offline.commands.awslocal import awslocal
from chalice_offline.commands.doctor import doctor
from chalice_offline.commands.events import events
from chalice_offline.commands.invoke import invoke
from chalice_offline.commands.new import new
from chalice_offline.commands.output import (
    INTERRUPTED,
    READER_GONE,
    ReaderGoneError,
    leave_output_unread,
    told_of_closed_pipes,
    write_every_letter,
)
from chalice_offline.commands.queues import queues, redrive
from chalice_offline.commands.replay import replay
from chalice_offline.commands.runs import runs, trace
from chalice_offline.commands.seed import seed
from chalice_offline.commands.send import send
from chalice_offline.commands.state import reset, state
from chalice_offline.core.errors import ProjectError
from chalice_offline.core.names import nearest
from chalice_offline.transports.browser_policy import Access

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from chalice_offline.iam import Mode
    from chalice_offline.live_session import AppSession
    from chalice_offline.terminal import Screen

F = TypeVar("F", bound="Callable[..., Any]")

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_PORT = click.IntRange(0, 65_535)
_FAILED = 2


def access_options(command: F) -> F:
    """Add the options that say who may use the ports."""
    for option in (
        click.option(
            "--listen-beyond-loopback",
            is_flag=True,
            help="Let other machines in: allow a --host that they can reach.",
        ),
        click.option(
            "--allow-host",
            "allowed_hosts",
            multiple=True,
            metavar="NAME",
            help="A further host name to be reached by, whose pages may send requests; "
            "again for more. *.NAME stands for all below it.",
        ),
    ):
        command = option(command)
    return command


def terminal_options(command: F) -> F:
    """Add the options that say how much is told, and to whom."""
    for option in (
        click.option(
            "--json", "as_json", is_flag=True, help="Tell in JSON lines on standard output."
        ),
        click.option("--verbose", "-v", is_flag=True, help="Tell of every call, too."),
        click.option("--quiet", "-q", is_flag=True, help="Tell of failures and dead letters only."),
    ):
        command = option(command)
    return command


# Ctrl-C or SIGTERM came: code of the project may raise KeyboardInterrupt of its own accord.
_told_to_stop = threading.Event()


class _Program(click.Group):
    """A click group whose mistakes of usage are one sentence, like every other refusal."""

    def main(self, *args: Any, **options: Any) -> Any:
        write_every_letter()
        try:
            status = self._status(*args, **options)
        except (ReaderGoneError, BrokenPipeError):
            leave_output_unread()
            status = READER_GONE
        sys.exit(status if isinstance(status, int) else 0)

    def _status(self, *args: Any, **options: Any) -> Any:
        try:
            return super().main(*args, **(options | {"standalone_mode": False}))
        except click.Abort as abort:
            return INTERRUPTED if isinstance(abort.__cause__, KeyboardInterrupt) else 1
        except click.ClickException as error:
            click.echo(_told(error), err=True)
            return error.exit_code

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Read the arguments, which may write the help."""
        with told_of_closed_pipes():
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with told_of_closed_pipes():
            return super().invoke(ctx)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find a command; of one that there is not, say which names come nearest."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            near = nearest(args[0], self.list_commands(ctx))
            raise click.UsageError(f"there is no command {args[0]}.{near}", ctx)
        return super().resolve_command(ctx, args)


def _told(error: click.ClickException) -> str:
    """Return what is said of a mistake: a sentence, or the help of a group that was given nothing.

    click raises that help as a mistake of usage (since 8.2).
    """
    text = error.format_message()
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None and text == context.get_help():
        return text
    text = text.replace("a valid integer range", "a whole number")  # click's name of its own type
    return f"chalice-offline: {' '.join(text.split())}"


@click.group(cls=_Program, context_settings=_CONTEXT)
@click.version_option(package_name="chalice-offline", prog_name="chalice-offline")
def main() -> None:
    """Run AWS Chalice apps whole, on this machine: no Docker, no AWS account, no network."""


def _variables(
    _context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """Read NAME=VALUE options."""
    for text in given:
        if not text.partition("=")[0] or "=" not in text:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE")
    return dict(text.split("=", 1) for text in given)


for _command in (
    after_deploy,
    awslocal,
    doctor,
    events,
    invoke,
    new,
    queues,
    redrive,
    replay,
    reset,
    runs,
    seed,
    send,
    state,
    trace,
):
    main.add_command(_command)

_data = click.option(
    "--data",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    metavar="FILE",
    help="Keep tables, objects and streams in FILE for the next run.  [default: in memory]",
)
_no_timeouts = click.option(
    "--no-timeouts",
    is_flag=True,
    help="Let handlers run as long as they like. While a debugger is attached they may anyway.",
)
_iam = click.option(
    "--iam",
    type=click.Choice(["off", "warn", "enforce"]),
    default="off",
    show_default=True,
    help="Check the AWS calls of functions against their roles: say what a role does not allow, "
    "or refuse it as AWS does.",
)

_env_file = click.option(
    "--env-file",
    "env_files",
    type=click.Path(dir_okay=False, path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Variables of every function out of FILE (.env), over config.json and below --env.",
)


@main.command(
    short_help="Run this folder's Chalice app: its routes and handlers.",
    epilog="""\b
Examples:
  chalice-offline local                                   this folder's app
  chalice-offline local --stage prod --env-file .env --data shop.state
  chalice-offline local --port 0 --aws-port 0 --json      free ports, said in JSON lines
  chalice-offline local --endpoint http://127.0.0.1:4566  handlers here, AWS there""",
)
@click.option(
    "--project-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The Chalice project's folder.  [default: this one]",
)
@click.option(
    "--stage",
    default=None,
    help='The stage of .chalice/config.json.  [default: "local" if there is one, else "dev"]',
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=_PORT,
    default=None,
    help="The port of the app's routes.  [default: 8000, or a free one]",
)
@click.option(
    "--aws-port",
    type=_PORT,
    default=None,
    help="The port of the AWS endpoint.  [default: 4566, or a free one]",
)
@click.option(
    "--region",
    default=None,
    help="The AWS region.  [default: AWS_DEFAULT_REGION, AWS_REGION, us-east-1]",
)
@click.option(
    "--env",
    "variables",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_variables,
    help="A variable of every function, over what config.json says; may be given several times.",
)
@click.option("--seed", default=0, show_default=True, help="The seed of every id given out.")
@click.option("--no-autoreload", is_flag=True, help="Do not reload when the code changes.")
@_data
@_no_timeouts
@_iam
@_env_file
@terminal_options
@access_options
@attach_options
def local(
    project_dir: Path,
    stage: str | None,
    host: str,
    port: int | None,
    aws_port: int | None,
    region: str | None,
    variables: dict[str, str],
    seed: int,
    no_autoreload: bool,
    data: Path | None,
    no_timeouts: bool,
    iam: str,
    allowed_hosts: tuple[str, ...],
    listen_beyond_loopback: bool,
    endpoint: str | None,
    detach: bool,
    provision: bool,
    yes: bool,
    env_files: tuple[Path, ...],
    quiet: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Run this folder's Chalice app: its routes, and every event handler."""
    if endpoint is None and (detach or provision or yes):
        raise click.UsageError("--detach, --provision and --yes go with --endpoint")
    if endpoint is not None and as_json:
        raise click.UsageError("with --endpoint, what runs is not told: no --json")
    if endpoint is not None and iam != "off":
        raise click.UsageError("with --endpoint, the endpoint says who may do what: no --iam")
    if endpoint is not None and data is not None:
        raise click.UsageError("with --endpoint, data is where the endpoint keeps it: no --data")
    screen = _screen(quiet=quiet, verbose=verbose, as_json=as_json)
    _stop_on_signals()
    access = Access(allowed_hosts, listen_beyond_loopback)
    try:
        directory = project_dir.resolve()
        variables = _all_variables(env_files, variables)
        stage = _known_stage(directory, stage)
        if endpoint is not None:
            options = AttachOptions(
                endpoint, detach, provision, yes, region=region, variables=variables
            )
            reload = not no_autoreload
            sys.exit(
                attach(
                    directory, stage, options, host=host, port=port, access=access, reload=reload
                )
            )
        from chalice_offline.live_session import AppSession

        session = AppSession(
            directory,
            stage,
            host=host,
            port=port,
            aws_port=aws_port,
            region=region,
            variables=variables,
            seed=seed,
            access=access,
            timeouts=not no_timeouts,
            data=data,
            iam=_iam_mode(iam),
        )
        _run_app(session, screen, reload=not no_autoreload)
    except (ProjectError, KeyboardInterrupt) as error:
        _end(error, project_dir)


@main.command(
    epilog="""\b
Examples:
  chalice-offline aws
  chalice-offline aws --port 4600 --region eu-west-1 --data shop.state"""
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=_PORT,
    default=None,
    help="The port to listen on.  [default: 4566, or a free one]",
)
@click.option(
    "--region",
    default=None,
    help="The AWS region.  [default: AWS_DEFAULT_REGION, AWS_REGION, us-east-1]",
)
@click.option("--seed", default=0, show_default=True, help="The seed of every id given out.")
@_data
@_no_timeouts
@_iam
@terminal_options
@access_options
def aws(
    host: str,
    port: int | None,
    region: str | None,
    seed: int,
    data: Path | None,
    no_timeouts: bool,
    iam: str,
    allowed_hosts: tuple[str, ...],
    listen_beyond_loopback: bool,
    quiet: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Run the AWS endpoint alone, without an app."""
    screen = _screen(quiet=quiet, verbose=verbose, as_json=as_json)
    _stop_on_signals()
    try:
        from chalice_offline.chalice_app.environment import live_in_utc
        from chalice_offline.live_session import AwsSession

        live_in_utc()
        session = AwsSession(
            host=host,
            port=port,
            region=region,
            seed=seed,
            access=Access(allowed_hosts, listen_beyond_loopback),
            timeouts=not no_timeouts,
            data=data,
            iam=_iam_mode(iam),
        )
        try:
            session.watchers.append(lambda live: screen.reporter.watch(live.seen))
            session.now.door.open()  # for the functions that are uploaded
            session.start()
            screen.show_endpoint(session.about())
            _wait_for_signal()
        finally:
            session.stop()
            screen.reporter.stop()
    except (ProjectError, KeyboardInterrupt) as error:
        _end(error)


def _all_variables(files: tuple[Path, ...], given: dict[str, str]) -> dict[str, str]:
    from chalice_offline.chalice_app.env_file import read_env_file

    variables: dict[str, str] = {}
    for file in files:
        variables |= read_env_file(file)
    return variables | given


def _iam_mode(text: str) -> Mode | None:
    from chalice_offline.iam import Mode

    return None if text == "off" else Mode(text)


def _known_stage(directory: Path, stage: str | None) -> str:
    from chalice_offline.chalice_app.project import check_stage, default_stage

    if stage is None:
        return default_stage(directory)
    check_stage(directory, stage)
    return stage


def _run_app(session: AppSession, screen: Screen, *, reload: bool) -> None:
    session.aws.watchers.append(lambda live: screen.reporter.watch(live.seen))
    try:
        session.hooks.tell = screen.tell
        session.hooks.told_to_stop = _told_to_stop.is_set
        session.start()
        screen.show_app(session.facts(), session.run_hooks)
        if reload:
            session.watch(screen.tell)
        else:
            _wait_for_signal()
    finally:
        session.stop()
        screen.reporter.stop()


def _screen(*, quiet: bool, verbose: bool, as_json: bool) -> Screen:
    from chalice_offline.terminal import Level, Screen

    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose exclude each other")
    level = Level.QUIET if quiet else Level.VERBOSE if verbose else Level.NORMAL
    return Screen(level, as_json=as_json)


def _stop_on_signals() -> None:
    """Let SIGTERM end the program as Ctrl-C does; whoever signals again does not want to wait."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        for signal_ in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signal_, lambda *_: os._exit(128 + number))
        _told_to_stop.set()
        raise KeyboardInterrupt

    _told_to_stop.clear()
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)


def _wait_for_signal() -> None:
    """Wait until a signal's handler raises.

    Handlers run in this thread, but the system may interrupt any other one with the signal: then
    this one hears of it when it wakes by itself.
    """
    while True:
        time.sleep(1)


def _end(error: ProjectError | KeyboardInterrupt, project: Path = Path()) -> None:
    """End the program: quietly when it was told to stop, else with the reason."""
    if _told_to_stop.is_set():
        click.echo("\nstopping", err=True)
        return
    if isinstance(error, KeyboardInterrupt):
        from chalice_offline.chalice_app.app_module import import_failure

        error = ProjectError(import_failure(project.resolve(), error))
    click.echo(f"chalice-offline: {error}", err=True)
    sys.exit(_FAILED)


if __name__ == "__main__":
    main()
