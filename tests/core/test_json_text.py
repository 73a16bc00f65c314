"""The encoder that is made once writes what json's own would."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalice_offline.core import json_text
from chalice_offline.core.json_text import compact_encoder


def _as_text(value: Any) -> str:
    return f"<{value!r}>"


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": [1, 2.5, None, True, {"b": 'ü\n\u2028"\\'}], "": {"1": []}},
        {3: "three", None: 2, 1.5: (), True: "t"},
        [float("inf"), -0.0, 10**30],
        "text",
        b"bytes",
        {"s": {1}},
    ],
)
@pytest.mark.parametrize("in_c", [True, False])
def test_it_writes_what_json_would(value: Any, in_c: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the encoder written in C, and where there is none."""
    if not in_c:
        monkeypatch.setattr(json_text, "_made_in_c", None)
    wanted = json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=_as_text)
    assert compact_encoder(_as_text)(value) == wanted


def test_what_json_cannot_spell_is_refused() -> None:
    """Without a way to spell it, as json does."""
    with pytest.raises(TypeError, match="not JSON serializable"):
        compact_encoder()({"a": object()})
