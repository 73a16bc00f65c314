"""Starts the LocalStack runtime on 127.0.0.1 only; run by LocalStack's own interpreter.

LocalStack 4.14 takes the port of GATEWAY_LISTEN but not the host: its Twisted server
listens on every interface for any IPv4 address. Every endpoint made here is given the
loopback interface instead. localstack-supervisor runs this file in place of its own
module when LOCALSTACK_SUPERVISOR_COMMAND names it.

JSONATA_IN_PYTHON=1 evaluates JSONata with jsonata-python, by the authors of the Java library that
LocalStack has in place of it: for that one it downloads Java 21 and four archives at the first
expression, and where it cannot, every task with an expression fails.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from localstack.runtime.main import main
from twisted.internet import endpoints

endpoints.TCP4ServerEndpoint = partial(endpoints.TCP4ServerEndpoint, interface="127.0.0.1")


def evaluate_in_python() -> None:
    """Let LocalStack's Step Functions evaluate JSONata without Java."""
    from jsonata.jsonata import Jsonata
    from jsonata.utils import Utils
    from localstack.services.stepfunctions.asl.jsonata import jsonata as bridge

    def plain(value: Any) -> Any:
        if value is Utils.NULL_VALUE:
            return None
        if isinstance(value, dict):
            return {name: plain(one) for name, one in value.items()}
        return [plain(one) for one in value] if isinstance(value, list) else value

    def evaluate(expression: str) -> Any:
        try:
            return plain(Jsonata(expression).evaluate(None))
        except Exception as error:  # whatever it is, it is the expression's failure
            raise bridge.JSONataException("UNKNOWN", str(error)) from error

    bridge._eval_jsonata = evaluate  # noqa: SLF001 - where it looks for an evaluator first


if __name__ == "__main__":
    if os.environ.get("JSONATA_IN_PYTHON") == "1":
        evaluate_in_python()
    main()
