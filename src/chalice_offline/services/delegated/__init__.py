"""Every AWS call this emulator does not answer itself: moto answers it, in this process."""

from chalice_offline.services.delegated.delegated import Delegated
from chalice_offline.services.delegated.moto_state import MotoState

__all__ = ["Delegated", "MotoState"]
