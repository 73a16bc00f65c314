"""`chalice-offline doctor`: what is wrong with project, ports, versions, environment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chalice_offline.commands.checks import (
    Finding,
    aws_cli,
    data_file,
    environment,
    ports,
    sessions,
    system,
    versions,
)
from chalice_offline.commands.running import say_json
from chalice_offline.core.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator

_WRONG = 1
_MARKS = {"ok": "ok    ", "warning": "look  ", "error": "WRONG "}


@click.command(
    short_help="Say what is wrong with project, ports and environment.",
    epilog="""\b
Examples:
  chalice-offline doctor
  chalice-offline doctor --json | jq '.[] | select(.status != "ok")'""",
)
@click.option(
    "--project-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The Chalice project's folder.  [default: this one]",
)
@click.option("--stage", default=None, help="The stage.  [default: as for local]")
@click.option(
    "--data",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Read a file of local's --data, and all its large objects, to the end.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs.")
def doctor(project_dir: Path, stage: str | None, data: Path | None, *, as_json: bool) -> None:
    """Say what is wrong with the project, ports, versions and environment; change nothing.

    The project is loaded, as `local` would. Exit status 1 when something is wrong that would keep
    the app from running.
    """
    findings = [
        *versions(),
        *_project(project_dir.resolve(), stage),
        *ports(),
        *sessions(),
        *environment(project_dir),
        *aws_cli(),
        *system(),
        *(data_file(data) if data is not None else ()),
    ]
    if as_json:
        say_json([finding._asdict() for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{_MARKS[finding.status]} {finding.about:<12} {finding.text}")
    sys.exit(_WRONG if any(finding.status == "error" for finding in findings) else 0)


def _project(directory: Path, stage: str | None) -> Iterator[Finding]:
    from chalice_offline.chalice_app.functions import functions_of
    from chalice_offline.chalice_app.offline_app import RESOURCES_FILE
    from chalice_offline.chalice_app.project import (
        check_stage,
        default_stage,
        load_for_stage,
        unload_project,
    )
    from chalice_offline.chalice_app.project_file import read_project_file

    try:
        name = stage or default_stage(directory)
        check_stage(directory, name)
        project = load_for_stage(directory, name)
        count = len(functions_of(project))
        yield Finding("ok", "project", f"{project.name}, stage {name}: {count} functions")
        template = directory / RESOURCES_FILE
        if template.exists():
            resources = read_project_file(template, what="it declares the project's resources")
            declared = resources.content.get("Resources", {})
            yield Finding("ok", "resources", f"{len(declared)} declared in {RESOURCES_FILE}")
        elif project.app.event_sources:
            yield Finding(
                "warning",
                "resources",
                f"there is no {RESOURCES_FILE}: what handlers listen to is made here, and must be "
                "there before chalice deploy",
            )
    except ProjectError as error:
        yield Finding("error", "project", " ".join(str(error).split()))
    finally:
        unload_project(directory)
