"""Writing JSON whose like is written all the time: `json`'s encoder, made once and not per text.

`json.JSONEncoder.encode` makes the encoder written in C anew for each text, which takes a third of
the time of a small one.
"""

from __future__ import annotations

import json
from json import encoder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# No public name of json's; where it is not there (no CPython) the public way does the same.
_made_in_c: Any = getattr(encoder, "c_make_encoder", None)


def compact_encoder(default: Callable[[Any], Any] | None = None) -> Callable[[Any], str]:
    """Return what writes values without spaces and escapes; `default` spells what JSON cannot.

    Values must not contain themselves: nobody looks for that.
    """
    public = json.JSONEncoder(
        separators=(",", ":"), ensure_ascii=False, check_circular=False, default=default
    )
    if _made_in_c is None:
        return public.encode
    pieces_of = _made_in_c(
        None, public.default, encoder.encode_basestring, None, ":", ",", False, False, True
    )

    def encode(value: Any) -> str:
        return "".join(pieces_of(value, 0))

    return encode
