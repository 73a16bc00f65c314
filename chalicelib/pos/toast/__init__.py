"""Toast: unique external ids instead of keys; an order prints as it is created."""

from chalicelib.pos.toast.point_of_sale import Toast

__all__ = ["Toast"]
