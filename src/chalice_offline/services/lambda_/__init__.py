"""Lambda: functions, invocations and event source mappings."""

from chalice_offline.services.lambda_.functions import FunctionSettings
from chalice_offline.services.lambda_.service import Lambda

__all__ = ["FunctionSettings", "Lambda"]
