"""Lambda: functions, invocations and event source mappings."""

from chalice_offline.services.lambda_.event_source_mappings.stream_writes import observe
from chalice_offline.services.lambda_.function import FunctionSettings
from chalice_offline.services.lambda_.operations import service
from chalice_offline.services.lambda_.state import LambdaState
from chalice_offline.services.lambda_.uploads import PACKAGES_PATH, package_page

__all__ = [
    "PACKAGES_PATH",
    "FunctionSettings",
    "LambdaState",
    "observe",
    "package_page",
    "service",
]
