"""Square: orders, payments, catalogue, signed webhooks."""

from simulators.pos.square.settings import SquareSettings, sign
from simulators.pos.square.simulator import Square

__all__ = ["Square", "SquareSettings", "sign"]
