"""Open Delivery, as iFood and Keeta speak it: thin signed events, the order is fetched."""

from chalicelib.channels.open_delivery.channel import OpenDelivery

__all__ = ["OpenDelivery"]
