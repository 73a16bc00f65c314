"""`make run`: app, AWS endpoint and vendors, up until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from simulators.first_order import write_first_order
from simulators.playground import AWS_PORT, BUCKET, VENDORS_PORT, Playground, StartError

if TYPE_CHECKING:
    from types import FrameType

_FIRST_STEPS = f"""
Vendors (Square, Uber Eats, DoorDash) on http://127.0.0.1:{VENDORS_PORT}, {{menus}} menus imported.

The first order, by curl: the customer's partner sends its signed webhook
                         curl -X POST http://127.0.0.1:{VENDORS_PORT}/_control/orders
  by awslocal:           play the partner yourself, with DoorDash's webhook in a file
                         awslocal lambda invoke --function-name order-middleware-local \\
                           --payload fileb://{{first_order}} /dev/stdout
The kitchen's tickets:   curl http://127.0.0.1:{VENDORS_PORT}/square/_control/state
What happened to it:     curl 'http://127.0.0.1:{AWS_PORT}/_chalice_offline/trace?text=ORDER_ID'
Trouble at the till:     curl -X POST http://127.0.0.1:{VENDORS_PORT}/square/_control/faults \\
                           -d '{{{{"operation": "CreateOrder", "fault": "error_after_commit"}}}}'
AWS's own tools:         awslocal sqs list-queues
                         awslocal s3 cp menu.json s3://{BUCKET}/menus/store-1.json
                         awslocal events put-events --entries \\
                           'Source=me,DetailType=hello,Detail="{{{{}}}}",EventBusName=orders'
"""


def main() -> int:
    """Start everything and wait for Ctrl-C; returns the exit status."""
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell had it ignored
        signal.signal(number, _interrupt)
    try:
        with Playground() as playground:
            menus = playground.upload_menus()
            with tempfile.TemporaryDirectory(prefix="order-middleware-") as folder:
                first_order = Path(folder) / "first-order.json"
                write_first_order(playground.vendors.world, first_order)
                steps = _FIRST_STEPS.format(menus=menus, first_order=first_order)
                print(steps, flush=True)  # noqa: T201 - a command line
                return playground.app.wait()
    except KeyboardInterrupt:
        return 0
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
