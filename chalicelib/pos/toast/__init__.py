"""Toast: unique external ids instead of keys; an order prints as it is created."""

from chalicelib.pos.toast.point_of_sale import TOKEN_EARLY_MS, Toast

__all__ = ["TOKEN_EARLY_MS", "Toast"]
