"""`python -m chalicelib.contracts`: write docs/events from the code, or check them (--check)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chalicelib.contracts import published

REFUSED = 2


def main(arguments: list[str] | None = None) -> int:
    """Write or check; 0 when all is well, 1 when files differ, 2 when a version is not kept."""
    parser = argparse.ArgumentParser(prog="python -m chalicelib.contracts", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; say what differs")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the repository (default .)")
    options = parser.parse_args(arguments)
    files, there = published.generated(), published.on_disk(options.root)
    if refused := _not_kept(options.root, files, there):
        _say("refused; raise the version (chalicelib/contracts/events.py says how):", refused)
        return REFUSED
    if options.check:
        if differing := published.differences(files, there):
            _say("run `make contracts`:", differing)
            return 1
        return 0
    published.write(options.root, files)
    return 0


def _not_kept(root: Path, files: published.Files, there: published.Files) -> list[str]:
    found = published.broken(files, there)
    for commit, then in published.history(root):
        found += published.broken(files, then, f" (published in {commit})")
    return found


def _say(head: str, lines: list[str]) -> None:
    sys.stderr.write("\n  ".join([head, *lines]) + "\n")


if __name__ == "__main__":
    sys.exit(main())
