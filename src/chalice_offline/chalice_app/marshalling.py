"""What a handler returns, as the JSON that Lambda's Python runtime makes of it.

Its encoder is simplejson's with settings of its own (awslambdaric, lambda_runtime_marshaller.py):
named tuples are objects, bytes are text, and a Decimal is the number as it was written.
"""

from __future__ import annotations

import math
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import simplejson
from simplejson.raw_json import RawJSON

if TYPE_CHECKING:
    from chalice_offline.core.run import FunctionRun

# Runtimes before this one write what is not ASCII as \u….
_FIRST_WITHOUT_ESCAPES = (3, 12)


class _Encoder(simplejson.JSONEncoder):  # type: ignore[misc]  # it comes without types
    def default(self, value: Any) -> Any:
        if not isinstance(value, Decimal):
            return super().default(value)
        # As text "-NaN" would be no JSON, not even Python's.
        return math.nan if value.is_nan() else RawJSON(str(value))


_ENCODERS = {
    escapes: _Encoder(use_decimal=False, allow_nan=True, ensure_ascii=escapes)
    for escapes in (False, True)
}


def marshalled(run: FunctionRun, result: Any) -> bytes:
    """Return a handler's result as the bytes Lambda answers.

    Raises what simplejson raises of what JSON cannot hold; any exception, for the objects are the
    handler's.
    """
    if result is None:  # what most handlers of events return
        return b"null"
    if isinstance(result, bytes):  # handed on as they are
        return result
    escapes = _python_of(run) < _FIRST_WITHOUT_ESCAPES
    return str(_ENCODERS[escapes].encode(result)).encode()


def _python_of(run: FunctionRun) -> tuple[int, ...]:
    """Return the version of Python a function asks for; the project's run in this one."""
    if run.code is None:
        return sys.version_info[:2]
    numbers = run.code.runtime.removeprefix("python").split(".")
    return tuple(int(number) for number in numbers if number.isdigit())
