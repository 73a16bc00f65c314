"""What AWS says of a wrong JSONata expression: jsonata-js's words, with values as JSON.

The Python package fills the values in as they are and calls functions "Object".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonata.jexception import JException

_PLACE = re.compile(r"\{\{\w+\}\}")
_AS_IT_IS = "{{{message}}}"
# T0412 names the type by its letter in the signature.
_TYPES = {"n": "numbers", "s": "strings", "b": "booleans", "o": "objects", "a": "arrays"}


def message_of(error: JException) -> str:
    """Return the message of an error, without its code."""
    template = error.error_codes.get(error.error)
    if template is None or template == _AS_IT_IS:
        return str(error)
    values = iter((error.current, error.expected, error.extra))
    return _PLACE.sub(
        lambda _: _spelled(next(values, None)), template.replace("Object", "function")
    )


def _spelled(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(_TYPES.get(value, value), ensure_ascii=False)
    return str(value)
