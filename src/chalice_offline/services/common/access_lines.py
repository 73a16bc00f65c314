"""Lines of access logs: a stage's format with the request's context put in, where it is to go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.core.targets import Payload, call_or_none
from chalice_offline.services.common import json_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.kernel import Kernel

_VARIABLE = re.compile(r"\$context\.([\w.]+\w)")


@dataclass(frozen=True, slots=True)
class AccessLine:
    """One request that is over: what is known of it, and whose it was."""

    known: Mapping[str, Any]  # $context
    stream: str
    account_id: str
    region: str
    causes: tuple[int, ...]


def write_line(kernel: Kernel, log_format: str, destination: str, line: AccessLine) -> None:
    """Write a request's line to a log group or delivery stream; a failure is only noted."""

    def value(found: re.Match[str]) -> str:
        one = json_path.find(line.known, f"$.{found[1]}")
        return "-" if one in (None, "") else str(one)

    text = _VARIABLE.sub(value, log_format)
    try:
        arn = parse_arn(destination)
        payload = Payload(text=text, name=line.stream, timestamp_ms=kernel.now_ms)
        call = call_or_none(arn, payload)
        if call is not None:
            call.make(
                kernel,
                causes=line.causes,
                principal="apigateway.amazonaws.com",
                account_id=line.account_id,
                region=line.region,
            )
    except (AwsError, ValueError) as error:
        what = {"destination": destination, "error": str(error)}
        kernel.note("execute-api.access log", what, line.causes, "not written")
