"""`chalice-offline local --endpoint …`: what it prints, asks and returns."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chalice_offline.attach.errors import EndpointError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chalice_offline.attach.endpoint import Endpoint
    from chalice_offline.attach.session import AttachedSession
    from chalice_offline.transports.browser_policy import Access

    Command = TypeVar("Command", bound=Callable[..., Any])

#: The exit status when the endpoint is not there, not one, or was lost and did not come back.
ENDPOINT_FAILED = 3


@dataclass(frozen=True, slots=True)
class AttachOptions:
    """What the command line says about attaching."""

    endpoint: str
    detach: bool = False
    provision: bool = False
    yes: bool = False
    region: str | None = None
    variables: dict[str, str] = field(default_factory=dict)


def attach_options(command: Command) -> Command:
    """Add --endpoint, --detach, --provision and --yes to a click command."""
    for option in reversed(
        (
            click.option(
                "--endpoint",
                metavar="URL|aws",
                help="Use the AWS side that is there (LocalStack, another engine, or AWS itself "
                "with your own credentials) and run only routes and handlers here.",
            ),
            click.option(
                "--detach",
                is_flag=True,
                help="Remove what a run with --endpoint made there, with all messages, and end.",
            ),
            click.option(
                "--provision",
                is_flag=True,
                help="First deploy .chalice/resources.json to the local engine at --endpoint.",
            ),
            click.option(
                "--yes", is_flag=True, help="Create in a real AWS account without asking."
            ),
        )
    ):
        command = option(command)
    return command


def attach(
    directory: Path,
    stage: str,
    options: AttachOptions,
    *,
    host: str,
    port: int | None,
    access: Access,
    reload: bool,
) -> int:
    """Run `local --endpoint`; returns the exit status. Raises ProjectError."""
    from chalice_offline.attach.endpoint import endpoint_of
    from chalice_offline.chalice_app.project import read_config

    configured = read_config(directory, stage).environment_variables | options.variables
    endpoint = endpoint_of(options.endpoint, dict(os.environ), configured, options.region)
    try:
        if options.detach:
            return _detach(directory, stage, endpoint)
        return _run(
            directory, stage, endpoint, options, host=host, port=port, access=access, reload=reload
        )
    except EndpointError as error:
        click.echo(f"chalice-offline: {error}", err=True)
        return ENDPOINT_FAILED


def _detach(directory: Path, stage: str, endpoint: Endpoint) -> int:
    from chalice_offline.attach.plan import label_of
    from chalice_offline.attach.session import detach
    from chalice_offline.chalice_app.project import read_config

    label = label_of(str(read_config(directory, stage).app_name), stage)
    if not detach(endpoint, label, _tell):
        _tell(f"nothing of {label} is attached at {endpoint.name}")
    return 0


def _run(
    directory: Path,
    stage: str,
    endpoint: Endpoint,
    options: AttachOptions,
    *,
    host: str,
    port: int | None,
    access: Access,
    reload: bool,
) -> int:
    from chalice_offline.attach.session import AttachedSession

    if options.provision and endpoint.is_aws:
        raise click.UsageError(
            "--provision is for local engines; on AWS deploy .chalice/resources.json as a stack"
        )
    session = AttachedSession(
        directory,
        stage,
        endpoint,
        host=host,
        port=port,
        access=access,
        variables=options.variables,
        tell=_tell,
    )
    try:
        session.prepare()
        if endpoint.is_aws and not options.yes and not _agreed(session):
            return 1
        if options.provision:
            session.provision()
        session.start()
        _print_attached(session, stage, endpoint)
        if reload:
            session.watch(_tell)
        else:
            session.wait()
    except KeyboardInterrupt:
        click.echo("\nstopping", err=True)
    finally:
        _stop(session)
    return 0


def _stop(session: AttachedSession) -> None:
    try:
        session.stop()
    except KeyboardInterrupt:
        _tell("stopped at once; --detach removes what is left")
        sys.exit(130)


def _agreed(session: AttachedSession) -> bool:
    """Show what would happen in a real account, and ask."""
    place = session.place
    click.echo(f"AWS account {place.account_id}, region {place.region}. This will:")
    for line in session.plan.describe():
        click.echo(f"  {line}")
    return click.confirm("Go on?", default=False)


def _print_attached(session: AttachedSession, stage: str, endpoint: Endpoint) -> None:
    project = session.app.project
    click.echo(f"{project.name if project else ''}, stage {stage}")
    click.echo(f"  app           {session.http_server.url}")
    click.echo(f"  AWS endpoint  {endpoint.name}, not here")
    routes = session.app.routes()
    if routes:
        click.echo("routes")
        for route in routes:
            click.echo(f"  {route}")
    if session.attached:
        click.echo("handlers")
        width = max(len(one.attachment.handler) for one in session.attached)
        for one in session.attached:
            attachment = one.attachment
            through = f", through queue {attachment.queue}" if attachment.hook else ""
            click.echo(f"  {attachment.handler:<{width}}  <- {attachment.source}{through}")
    for line in session.plan.unattached:
        click.echo(line, err=True)
    click.echo("Ctrl-C ends it and removes what it made.")


def _tell(line: str) -> None:
    click.echo(line, err=True)
