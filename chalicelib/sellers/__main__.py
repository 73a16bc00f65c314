"""An operator's commands about sellers: links to connect by, who is connected, who is gone.

python -m chalicelib.sellers STAGE link square|clover [SELLER]
python -m chalicelib.sellers STAGE connect toast GROUP < two lines: client id, client secret
python -m chalicelib.sellers STAGE list
python -m chalicelib.sellers STAGE forget square|clover|toast SELLER
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from pathlib import Path

OAUTH, LOGIN = ("square", "clover"), ("toast",)
CONFIG = Path(".chalice/config.json")


def main(arguments: list[str] | None = None) -> int:
    """Carry out one command with the operator's own AWS credentials."""
    chosen = _parser().parse_args(arguments)
    stages = json.loads(CONFIG.read_text())["stages"]
    if chosen.stage not in stages:
        sys.stderr.write(f"{CONFIG} has no stage {chosen.stage}\n")
        return 2
    for name, value in stages[chosen.stage]["environment_variables"].items():
        os.environ.setdefault(name, value)
    from chalicelib.bootstrap import services
    from chalicelib.domain.events import iso
    from chalicelib.sellers.connect import link
    from chalicelib.sellers.groups import connect_group
    from chalicelib.sellers.tokens import token_name

    if chosen.command == "link":
        url = link(services(), chosen.vendor, chosen.seller, secrets.token_urlsafe(16))
        sys.stdout.write(f"{url}\n")
    elif chosen.command == "connect":
        why = connect_group(services(), chosen.seller, sys.stdin.read().splitlines())
        if why:
            sys.stderr.write(f"{why}\n")
            return 2
    elif chosen.command == "forget":
        services().tokens.delete(token_name(chosen.vendor, chosen.seller))
    else:
        for name, token in sorted(services().tokens.all()):
            if name.partition("/")[0] in services().sellers:
                how = "disconnected" if token.disconnected_ms else f"until {iso(token.ends_ms)}"
                sys.stdout.write(f"{name}  {how}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chalicelib.sellers")
    parser.add_argument("stage")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="who is connected, and until when")
    link = commands.add_parser("link", help="a page for an owner, good for a day")
    forget = commands.add_parser("forget", help="drop the tokens of one who left")
    connect = commands.add_parser("connect", help="a group's own credentials, on stdin")
    for command, vendors in ((link, OAUTH), (connect, LOGIN), (forget, (*OAUTH, *LOGIN))):
        command.add_argument("vendor", choices=vendors)
    link.add_argument("seller", nargs="?", default="", help="refuse any other account")
    for command in (connect, forget):
        command.add_argument("seller")
    return parser


if __name__ == "__main__":
    sys.exit(main())
