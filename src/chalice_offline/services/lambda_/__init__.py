"""Lambda: functions, invocations and event source mappings."""

from chalice_offline.services.lambda_.function import FunctionSettings
from chalice_offline.services.lambda_.operations import service
from chalice_offline.services.lambda_.state import LambdaState

__all__ = ["FunctionSettings", "LambdaState", "service"]
