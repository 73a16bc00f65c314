"""`chalice-offline new`: a project with a test that passes."""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
from importlib import resources
from pathlib import Path

import click

from chalice_offline.commands.own_requirement import NAME, own_requirement

# Where each file of the project comes from. The names differ, so that nothing takes the
# templates for Python, for this repository's settings, or leaves them out of the package.
FILES = {
    "app.py": "app.py.template",
    "tests/test_app.py": "test_app.py.template",
    ".chalice/config.json": "config.json.template",
    ".chalice/resources.json": "resources.json.template",
    "pytest.ini": "pytest.ini.template",
    "requirements.txt": "requirements.txt.template",
    "requirements-dev.txt": "requirements-dev.txt.template",
    "README.md": "readme.md.template",
    ".gitignore": "gitignore.template",
    ".vscode/launch.json": "launch.json.template",
}
# CloudFormation takes this as a stack's name, and 40 leave room for a stage and a function in the
# 64 characters that Lambda and IAM take.
_NAME = re.compile(r"[A-Za-z]([A-Za-z0-9-]{0,38}[A-Za-z0-9])?")


class NotMade(click.ClickException):
    """Nothing was made, for the reason it gives."""

    exit_code = 2


@click.command(
    "new",
    short_help="Make a Chalice project with tests that pass.",
    epilog="""\b
Examples:
  chalice-offline new shop
  chalice-offline new shop --directory ~/apps/shop""",
)
@click.argument("name")
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    default=None,
    metavar="DIR",
    help="The folder to make.  [default: NAME, in this one]",
)
def new(name: str, directory: Path | None) -> None:
    """Make a Chalice project called NAME, with tests in virtual time that pass.

    It takes notes over HTTP, passes them on through a queue with a dead-letter queue, keeps them in
    a table and counts them each hour: a route, two event sources and their resources to begin from.
    """
    if not _NAME.fullmatch(name):
        raise NotMade(
            f"{name!r} is no name for a project: a letter first, then letters, digits and hyphens, "
            "at most 40, no hyphen at the end"
        )
    folder = directory or Path(name)
    own = own_requirement()
    try:
        if folder.is_symlink() or folder.exists():
            raise NotMade(f"{folder} is there already; nothing was changed")
        if not folder.absolute().parent.is_dir():
            raise NotMade(f"{folder.absolute().parent} is no folder to make {folder.name} in")
        _make(folder.absolute(), name, own.line)
    except OSError as error:
        raise NotMade(f"cannot make {folder}: {error.strerror or error}") from error
    click.echo(
        f"{folder} is ready:\n\n"
        f"  cd {shlex.quote(str(folder))}\n"
        "  pip install -r requirements-dev.txt\n"
        "  pytest                   # the app in virtual time\n"
        "  chalice-offline local    # the app in real time, until Ctrl-C"
    )
    if own.gone:
        click.echo(
            f"\nThis chalice-offline was installed from {own.gone}, where nothing is now: "
            "say in requirements-dev.txt where pip finds it, if that is in no registry."
        )


def _make(folder: Path, name: str, own: str) -> None:
    """Make the folder beside its place and move it there, so that it is there whole or not."""
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        whole = beside / folder.name
        for path, text in project_files(name, own).items():
            file = whole / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        whole.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def project_files(name: str, own: str = NAME) -> dict[str, str]:
    """Return the files of a new project, by their paths; `own` is the requirement of ourselves."""
    templates = resources.files("chalice_offline.commands") / "new_project"
    texts = {
        path: (templates / template).read_text(encoding="utf-8") for path, template in FILES.items()
    }
    return {
        path: text.replace("{{name}}", name).replace("{{chalice-offline}}", own)
        for path, text in texts.items()
    }
