"""Clover: no idempotency at all; what is there is looked through before anything is repeated."""

from chalicelib.pos.clover.point_of_sale import Clover

__all__ = ["Clover"]
