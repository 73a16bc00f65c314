"""Square: idempotency by key; an order shows on the point of sale once it is paid."""

from chalicelib.pos.square.point_of_sale import Square

__all__ = ["Square"]
