"""Uber Eats: thin signed webhooks, the order is fetched."""

from chalicelib.channels.uber_eats.channel import CANCEL_REASONS, DENY_CODES, KINDS, UberEats

__all__ = ["CANCEL_REASONS", "DENY_CODES", "KINDS", "UberEats"]
