"""`chalice-offline awslocal`: the AWS CLI, sent to the session."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from chalice_offline.commands.running import ENDPOINT_VARIABLE, Refused, the_running

# What the CLI asks for before it sends anything, and a session does not look at.
_PLACEHOLDERS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}
_NOT_PASSED_ON = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
    short_help="Run the AWS CLI on the session.",
    epilog="""\b
Examples:
  chalice-offline awslocal sqs list-queues
  chalice-offline awslocal s3 cp menu.json s3://menus/menu.json
  chalice-offline awslocal lambda invoke --function-name shop-dev-echo --payload '{}' out.json""",
)
@click.option(
    "--endpoint",
    metavar="URL",
    envvar=ENDPOINT_VARIABLE,
    help="The session's AWS endpoint.  [default: as for the other commands]",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="COMMAND ...")
def awslocal(endpoint: str | None, arguments: tuple[str, ...]) -> None:
    """Run the AWS CLI (`aws`, version 1 or 2) on the session, without your credentials.

    Its sqs commands in version 1 do not look at AWS_ENDPOINT_URL; here they get --endpoint-url.
    """
    running = the_running(endpoint)
    program = shutil.which("aws") or shutil.which("aws", path=str(Path(sys.executable).parent))
    if program is None:
        raise Refused("there is no aws on PATH; install the AWS CLI: https://aws.amazon.com/cli")
    region = running.get("session")["region"]
    variables = {name: text for name, text in os.environ.items() if name not in _NOT_PASSED_ON}
    variables |= _PLACEHOLDERS | {"AWS_DEFAULT_REGION": region, "AWS_REGION": region}
    command = [program, "--endpoint-url", running.url, *arguments]
    sys.exit(subprocess.run(command, env=variables, check=False).returncode)  # noqa: S603 - as asked
