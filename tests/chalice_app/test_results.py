"""What handlers return, as their invokers get it: by the rules of Lambda's own encoder."""

from __future__ import annotations

import json
from typing import Any

import pytest

CODE = """
import collections, decimal, enum
Point = collections.namedtuple("Point", "x y")
class Level(enum.IntEnum):
    HIGH = 3

@app.lambda_function()
def answer(event, context):
    return eval(event)
"""


@pytest.fixture
def answer(run: Any) -> Any:
    """A function of what a handler returns, in Python, that gives the bytes of the answer."""
    invoked = run(CODE).client("lambda")

    def ask(expression: str) -> bytes:
        reply = invoked.invoke(FunctionName="demo-dev-answer", Payload=json.dumps(expression))
        return bytes(reply["Payload"].read())

    return ask


@pytest.mark.parametrize(
    ("result", "payload"),
    [
        ("Point(1, [Point(2, 3)])", b'{"x": 1, "y": [{"x": 2, "y": 3}]}'),
        ("(1, 2)", b"[1, 2]"),
        ("{'a': b'text', b'b': 1}", b'{"a": "text", "b": 1}'),
        ("b'anything'", b"anything"),
        ("{Level.HIGH: Level.HIGH}", b'{"3": 3}'),
        ("decimal.Decimal('1.10')", b"1.10"),
        ("decimal.Decimal('12345678901234567890.123456789')", b"12345678901234567890.123456789"),
        ("[decimal.Decimal('-NaN'), float('inf')]", b"[NaN, Infinity]"),
        ("{None: 1, True: 2, 1.5: 3}", b'{"null": 1, "true": 2, "1.5": 3}'),
    ],
)
def test_what_json_can_hold(answer: Any, result: str, payload: bytes) -> None:
    """As awslambdaric writes it: named tuples are objects, Decimals keep their digits."""
    assert answer(result) == payload


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ("{1}", b"Object of type set is not JSON serializable"),
        ("(i for i in 'ab')", b"Object of type generator is not JSON serializable"),
        ("{(1, 2): 3}", b"keys must be str, int, float, bool or None, not tuple"),
        ("{decimal.Decimal(1): 1}", b"keys must be str, int, float, bool or None, not Decimal"),
        ("['text', b'\\xff']", b"codec can't decode byte 0xff in position 0"),
    ],
)
def test_what_json_cannot_hold(answer: Any, result: str, text: bytes) -> None:
    """The function returned, and its invoker is told why there is no answer."""
    payload = answer(result)
    assert b'"errorType": "Runtime.MarshalError"' in payload
    assert b"Unable to marshal response: " in payload
    assert text in payload
