"""Whether a function's role allows what the function asks of AWS."""

from chalice_offline.iam.check import Mode
from chalice_offline.iam.functions import FunctionCalls

__all__ = ["FunctionCalls", "Mode"]
