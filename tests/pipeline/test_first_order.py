"""The order in a file that `make run` offers to whoever wants to play the partner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.first_order import write_first_order

if TYPE_CHECKING:
    from pathlib import Path

    from simulators.street import Street


def test_invoking_the_app_with_the_file_is_the_webhook(street: Street, tmp_path: Path) -> None:
    """`aws lambda invoke --payload fileb://…` prints a ticket, and the partner is answered."""
    file = tmp_path / "first-order.json"
    order_id = write_first_order(street.world, file)
    reply = street.offline.client("lambda").invoke(
        FunctionName="order-middleware-local", Payload=file.read_bytes()
    )
    assert b'"statusCode": 202' in reply["Payload"].read()
    street.settle()
    assert street.tickets() == [order_id]
    assert street.decisions() == {order_id: "accepted"}
