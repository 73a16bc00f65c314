"""Publish the Lambda layer with what reads merchants' forms, and name it in .chalice/config.json.

    python scripts/layers.py --stage dev            (make layers STAGE=dev)

Only the function `onboarding_extract` gets it: the order path starts without it. The packages are
those of requirements-documents.txt as they are installed here, where the lock file has checked
their hashes; only pure Python goes in, which is the same on every machine. What is published
already is not published again.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

LAYER = "order-middleware-documents"
FUNCTION = "onboarding_extract"
REQUIREMENTS = "requirements-documents.txt"
COMPILED = (".so", ".pyd", ".dylib", ".dll")
# Equal files make an equal archive, whenever it is made.
TIMESTAMP = (2026, 1, 1, 0, 0, 0)
READABLE = 0o100644  # Lambda runs functions as a user of its own


class LayerError(Exception):
    """The layer cannot be made; the text says why."""


def build(project: Path) -> bytes:
    """Return the layer's archive: python/PACKAGE/…"""
    lines = (project / REQUIREMENTS).read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    listed = {one.name.lower() for one in wanted}
    content: dict[str, bytes] = {}
    for requirement in wanted:
        content |= _files(requirement, listed)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(content):
            entry = zipfile.ZipInfo(f"python/{name}", TIMESTAMP)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, READABLE << 16
            archive.writestr(entry, content[name])
    return target.getvalue()


def _files(requirement: Requirement, listed: set[str]) -> dict[str, bytes]:
    try:
        found = distribution(requirement.name)
    except PackageNotFoundError:
        raise LayerError(f"{requirement.name} is not installed here: make setup") from None
    if not requirement.specifier.contains(found.version):
        raise LayerError(f"{requirement} is wanted, and {found.version} is installed here")
    needs = [Requirement(text) for text in found.requires or []]
    for need in needs:
        applies = need.marker is None or need.marker.evaluate({"extra": ""})
        if applies and need.name.lower() not in listed:
            raise LayerError(f"{requirement.name} needs {need}: add it to {REQUIREMENTS}")
    content: dict[str, bytes] = {}
    for file in found.files or []:
        if file.suffix in COMPILED:
            raise LayerError(f"{file} is compiled, and would run on machines like this one only")
        if ".." not in file.parts and "__pycache__" not in file.parts:
            content[file.as_posix()] = file.read_binary()
    return content


def publish(client: Any, archive: bytes) -> str:
    """Publish a version unless the latest is the same; return its ARN."""
    digest = base64.b64encode(hashlib.sha256(archive).digest()).decode()
    latest = client.list_layer_versions(LayerName=LAYER, MaxItems=1)["LayerVersions"]
    if latest:
        arn = str(latest[0]["LayerVersionArn"])
        known = client.get_layer_version_by_arn(Arn=arn)["Content"]["CodeSha256"]
        if known == digest:
            return arn
    reply = client.publish_layer_version(
        LayerName=LAYER,
        Description=f"{REQUIREMENTS} of the order middleware",
        Content={"ZipFile": archive},
    )
    return str(reply["LayerVersionArn"])


def name_in_config(project: Path, stage: str, arn: str) -> None:
    """Give the layer to its function in one stage."""
    path = project / ".chalice" / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    if stage not in config["stages"]:
        raise LayerError(f"config.json has no stage {stage}")
    functions = config["stages"][stage].setdefault("lambda_functions", {})
    functions.setdefault(FUNCTION, {})["layers"] = [arn]
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Publish and name the layer, or write its archive to a file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--stage", default="", help="whose config.json names the layer")
    parser.add_argument("--project", type=Path, default=Path.cwd(), help="the project (default .)")
    parser.add_argument("--archive", type=Path, help="write the archive here, and publish nothing")
    options = parser.parse_args(arguments)
    try:
        archive = build(options.project)
        if options.archive is not None:
            options.archive.write_bytes(archive)
            return 0
        if not options.stage:
            raise LayerError("name a --stage, or an --archive to write")
        import boto3

        arn = publish(boto3.client("lambda"), archive)
        name_in_config(options.project, options.stage, arn)
    except LayerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    print(arn)
    return 0


if __name__ == "__main__":
    sys.exit(main())
