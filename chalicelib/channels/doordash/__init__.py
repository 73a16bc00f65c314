"""DoorDash Marketplace: fat webhooks, an answer within minutes."""

from chalicelib.channels.doordash.channel import KINDS, DoorDash
from chalicelib.channels.doordash.jwt import jwt
from chalicelib.channels.doordash.words import failure

__all__ = ["KINDS", "DoorDash", "failure", "jwt"]
