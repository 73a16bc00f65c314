"""Toast: orders that print as they are created, unique external ids, signed webhooks."""

from simulators.pos.toast.simulator import Toast, ToastSettings, sign

__all__ = ["Toast", "ToastSettings", "sign"]
