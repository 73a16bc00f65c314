"""Deliveroo: fat signed webhooks; scheduled orders are confirmed once more at their time."""

from chalicelib.channels.deliveroo.channel import Deliveroo

__all__ = ["Deliveroo"]
