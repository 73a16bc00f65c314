"""The command line: `chalice-offline local` and `chalice-offline aws`."""

from __future__ import annotations

import logging
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chalice_offline.attach.command import AttachOptions, attach, attach_options
from chalice_offline.core.errors import ProjectError
from chalice_offline.transports.browser_policy import Access

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from chalice_offline.live_session import AppSession

F = TypeVar("F", bound="Callable[..., Any]")

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


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


@click.group(context_settings=_CONTEXT)
@click.version_option(package_name="chalice-offline", prog_name="chalice-offline")
def main() -> None:
    """Run AWS Chalice apps whole, on this machine: no Docker, no AWS account, no network."""


@main.command()
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
@click.option("--port", default=8000, show_default=True, help="The port of the app's routes.")
@click.option("--aws-port", default=4566, show_default=True, help="The port of the AWS endpoint.")
@click.option("--seed", default=0, show_default=True, help="The seed of every id given out.")
@click.option("--no-autoreload", is_flag=True, help="Do not reload when the code changes.")
@access_options
@attach_options
def local(
    project_dir: Path,
    stage: str | None,
    host: str,
    port: int,
    aws_port: int,
    seed: int,
    no_autoreload: bool,
    allowed_hosts: tuple[str, ...],
    listen_beyond_loopback: bool,
    endpoint: str | None,
    detach: bool,
    provision: bool,
    yes: bool,
) -> None:
    """Run this folder's Chalice app: its routes, and every event handler."""
    if endpoint is None and (detach or provision or yes):
        raise click.UsageError("--detach, --provision and --yes go with --endpoint")
    _log_to_stderr()
    _stop_on_signals()
    access = Access(allowed_hosts, listen_beyond_loopback)
    try:
        from chalice_offline.chalice_app.project import default_stage
        from chalice_offline.live_session import AppSession

        directory = project_dir.resolve()
        stage = stage or default_stage(directory)
        if endpoint is not None:
            options = AttachOptions(endpoint, detach=detach, provision=provision, yes=yes)
            reload = not no_autoreload
            sys.exit(
                attach(
                    directory, stage, options, host=host, port=port, access=access, reload=reload
                )
            )
        session = AppSession(
            directory, stage, host=host, port=port, aws_port=aws_port, seed=seed, access=access
        )
        try:
            session.start()
            _print_bindings(session, stage)
            if no_autoreload:
                _wait_for_signal()
            else:
                session.watch(lambda text: click.echo(text, err=True))
        except KeyboardInterrupt:
            click.echo("\nstopping", err=True)
        finally:
            session.stop()
    except ProjectError as error:
        _fail(error)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=4566, show_default=True, help="The port to listen on.")
@click.option("--seed", default=0, show_default=True, help="The seed of every id given out.")
@access_options
def aws(
    host: str, port: int, seed: int, allowed_hosts: tuple[str, ...], listen_beyond_loopback: bool
) -> None:
    """Run the AWS endpoint alone, without an app."""
    _log_to_stderr()
    _stop_on_signals()
    try:
        from chalice_offline.live_session import AwsSession

        session = AwsSession(
            host=host,
            port=port,
            seed=seed,
            access=Access(allowed_hosts, listen_beyond_loopback),
        )
    except ProjectError as error:
        _fail(error)
    session.door.open()  # for the functions that are uploaded
    session.start()
    click.echo(f"AWS endpoint on {session.aws_server.url}  (Ctrl-C ends it)")
    try:
        _wait_for_signal()
    except KeyboardInterrupt:
        click.echo("\nstopping", err=True)
    finally:
        session.stop()


def _print_bindings(session: AppSession, stage: str) -> None:
    app, aws_url = session.app, session.aws.aws_server.url
    name = app.project.name if app.project else ""
    click.echo(f"{name}, stage {stage}")
    click.echo(f"  app           {session.http_server.url}")
    click.echo(f"  AWS endpoint  {aws_url}  (export AWS_ENDPOINT_URL={aws_url})")
    routes = app.routes()
    if routes:
        click.echo("routes")
        for route in routes:
            click.echo(f"  {route}")
    if app.bindings:
        click.echo("handlers")
        width = max(len(binding.function) for binding in app.bindings)
        for binding in app.bindings:
            click.echo(f"  {binding.function:<{width}}  <- {binding.source}")
    click.echo("Ctrl-C ends it.")


def _log_to_stderr() -> None:
    logging.basicConfig(
        level=logging.WARNING, format="%(levelname)s %(message)s", stream=sys.stderr
    )


def _stop_on_signals() -> None:
    """Let SIGTERM end the program as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)


def _wait_for_signal() -> None:
    while True:
        time.sleep(3600)


def _fail(error: ProjectError) -> None:
    click.echo(f"chalice-offline: {error}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
