"""`make run`: app, AWS endpoint and vendors, up until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from simulators.ending import end_by_signals
from simulators.first_order import write_first_order
from simulators.playground import (
    APP_PORT,
    AWS_PORT,
    BUCKET,
    VENDORS_PORT,
    Playground,
    Ports,
    StartError,
)
from simulators.server import port_number

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORDS = {"app": "app", "aws": "AWS endpoint", "vendors": "vendors"}

_FIRST_STEPS = f"""
Vendors (points of sale, delivery partners) on {{vendors}}, {{menus}} menus imported.

The first order, by curl: the customer's partner sends its signed webhook
                         curl -X POST {{vendors}}/_control/orders
  by the AWS CLI:        play the partner yourself, with DoorDash's webhook in a file
                         {{awslocal}} lambda invoke --function-name order-middleware-local \\
                           --payload fileb://{{first_order}} /dev/stdout
The kitchen's tickets:   curl {{vendors}}/square/_control/state
What happened to it:     curl '{{aws}}/_chalice_offline/trace?text=ORDER_ID'
Trouble at the till:     curl -X POST {{vendors}}/square/_control/faults \\
                           -d '{{{{"operation": "CreateOrder", "fault": "error_after_commit"}}}}'
AWS's own tools:         {{awslocal}} sqs list-queues
                         {{awslocal}} s3 cp menu.json s3://{BUCKET}/menus/store-1.json
                         {{awslocal}} events put-events --entries \\
                           'Source=me,DetailType=hello,Detail="{{{{}}}}",EventBusName=orders'
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Start everything and wait for Ctrl-C; returns the exit status."""
    options = _parser().parse_args(arguments)
    end_by_signals()
    ports = Ports(options.port, options.aws_port, options.vendors_port)
    try:
        with Playground(ports=ports) as playground:
            menus = playground.upload_menus()
            with tempfile.TemporaryDirectory(prefix="order-middleware-") as folder:
                first_order = Path(folder) / "first-order.json"
                write_first_order(playground.vendors.world, first_order)
                for line in _moved(playground.ports, ports):
                    print(line)  # noqa: T201 - a command line
                steps = _FIRST_STEPS.format(
                    menus=menus,
                    first_order=first_order,
                    aws=playground.aws_url,
                    vendors=playground.vendors.url,
                    awslocal=_awslocal(),
                )
                print(steps, flush=True)  # noqa: T201 - a command line
                return playground.app.wait()
    except KeyboardInterrupt:
        return 0
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _moved(ports: Ports, asked: Ports) -> list[str]:
    """Say of every usual port that was taken what is used in its place."""
    usual = {"app": APP_PORT, "aws": AWS_PORT, "vendors": VENDORS_PORT}
    lines = []
    for what, port in usual.items():
        used = getattr(ports, what)
        if getattr(asked, what) is None and used != port:
            lines.append(f"port {port} is taken: the {_WORDS[what]} on http://127.0.0.1:{used}")
    return lines


def _awslocal() -> str:
    """Return how the AWS CLI is called: by a program that is there, for this folder's session."""
    program = Path(sys.executable).with_name("chalice-offline")
    here = Path.cwd()
    shown = program.relative_to(here) if program.is_relative_to(here) else program
    return f"{shown} awslocal"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.run",
        description="Runs the app, its AWS side and the vendors until Ctrl-C. A port that is not "
        "given is the usual one, or a free one when that is taken.",
    )
    for option, what in (("--port", "app"), ("--aws-port", "aws"), ("--vendors-port", "vendors")):
        parser.add_argument(option, type=port_number, help=f"port of the {_WORDS[what]}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
