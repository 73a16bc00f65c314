"""`chalice-offline after-deploy`: what Chalice has no words for, put where the app is deployed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chalice_offline.commands.running import Refused
from chalice_offline.core.errors import AwsError, ProjectError

if TYPE_CHECKING:
    from chalice_offline.chalice_app.after_deploy import Ask


@click.command(
    "after-deploy",
    short_help='Apply "beyond_chalice" after each `chalice deploy`.',
    epilog="""\b
Examples:
  chalice-offline after-deploy --stage prod --dry-run
  chalice-offline after-deploy --stage prod
  chalice-offline after-deploy --stage prod --remove      before chalice delete""",
)
@click.option(
    "--project-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The Chalice project's folder.  [default: this one]",
)
@click.option("--stage", default="dev", show_default=True, help="The stage that was deployed.")
@click.option("--profile", default=None, help="The profile of your AWS credentials.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option(
    "--remove", is_flag=True, help="Take away what `chalice delete` knows nothing of, before it."
)
def after_deploy(
    project_dir: Path, stage: str, profile: str | None, *, dry_run: bool, remove: bool
) -> None:
    """Apply "beyond_chalice" of .chalice/config.json after `chalice deploy`.

    Partial batches, filters, destinations, dead letters, another event bus, several prefixes:
    what Chalice's decorators cannot say. Run it after every deploy; what is right already is left
    alone. It goes where boto3 goes: AWS, or AWS_ENDPOINT_URL.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from chalice_offline.chalice_app.after_deploy import AfterDeploy
    from chalice_offline.chalice_app.project import check_stage, load_for_stage

    found = done = 0
    try:
        check_stage(project_dir, stage)
        session, account_id = _session(profile)
        ask = _asking(session)
        project = load_for_stage(project_dir.resolve(), stage, session.region_name)
        work = AfterDeploy(ask, account_id, session.region_name)
        verb = "remove" if remove else "change"
        for step in work.removal(project) if remove else work.steps(project):
            click.echo(f"{f'would {verb}' if dry_run else f'{verb}s'} {step.words}")
            if not dry_run:
                ask(step.service, step.operation, step.request)
                done += 1
            found += 1
    except (ProjectError, AwsError, ClientError, BotoCoreError) as error:
        after = f" ({done} {'change' if done == 1 else 'changes'} made before)" if done else ""
        raise Refused(f"{_sentence(error, profile)}{after}") from error
    if not found:
        click.echo(f"nothing to {verb}")


def _sentence(error: Exception, profile: str | None) -> str:
    """Return what is wrong, and what to do about it."""
    from botocore.exceptions import (
        EndpointConnectionError,
        NoCredentialsError,
        NoRegionError,
        ProfileNotFound,
    )

    words = " ".join(str(error).split())
    if isinstance(error, NoRegionError):
        return "no region is set; export AWS_DEFAULT_REGION, as for chalice deploy"
    if isinstance(error, NoCredentialsError):
        return "there are no AWS credentials; export them, or name a --profile"
    if isinstance(error, ProfileNotFound):
        return f"there is no profile {profile or ''} in your AWS configuration".replace("  ", " ")
    if isinstance(error, EndpointConnectionError):
        return f"{words.rstrip('.')}; is AWS_ENDPOINT_URL what you mean?"
    return words


def _session(profile: str | None) -> tuple[Any, str]:
    import boto3

    session = boto3.Session(profile_name=profile)
    if not session.region_name:
        raise ProjectError("no region is set; export AWS_DEFAULT_REGION, as for chalice deploy")
    return session, str(session.client("sts").get_caller_identity()["Account"])


def _asking(session: Any) -> Ask:
    from botocore.exceptions import ClientError

    clients: dict[str, Any] = {}

    def ask(service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        client = clients.get(service) or clients.setdefault(service, session.client(service))
        method = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower()
        try:
            reply: dict[str, Any] = getattr(client, method)(**request)
        except ClientError as error:
            raise AwsError(error.response["Error"]["Code"], str(error)) from error
        return reply

    return ask
