"""Square: orders, payments, catalogue, signed webhooks."""

from simulators.pos.square.simulator import Square, SquareSettings, sign

__all__ = ["Square", "SquareSettings", "sign"]
