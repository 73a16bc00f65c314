"""What functions answer to LocalStack's Step Functions, which has no Lambda without Docker.

LocalStack reads such a file when an execution of `MACHINE#CASE` begins: which answer each state
gets, by its name, however often it is asked. (Format: AWS, "Using mocked service integrations".)
"""

from __future__ import annotations

from typing import Any

APPLICATION = "0" * 32
QUESTION = "1" * 32
FOLDER = "settlements/runs/local"
STORES = [f"store-{number}" for number in range(12)]
_MANY = "0-99"


def _returns(payload: Any) -> dict[str, Any]:
    return {_MANY: {"Return": {"StatusCode": 200, "Payload": payload}}}


def _throws(error: str, cause: str) -> dict[str, Any]:
    return {_MANY: {"Throw": {"Error": error, "Cause": cause}}}


def _decides(decision: str, reason: str) -> dict[str, Any]:
    said = {"decision": decision, "by": "ann@example.com", "reason": reason, "question": QUESTION}
    return {_MANY: {"Return": said}}


_CLOSED = {"to": "jo@example.com", "subject": "No", "text": "No.", "failed": False}
_OPENED = {"to": "jo@example.com", "subject": "Yes", "text": "Yes.", "failed": False}
_SUMMARY = {"files": 1, "unreadable": [], "lines": 3, "totals": {}, "why": {}}

#: state machine -> case -> state -> what it is answered
ANSWERS: dict[str, dict[str, dict[str, dict[str, Any]]]] = {
    "store-onboarding": {
        "Approved": {
            "ReadForm": _returns({"doubts": []}),
            "CheckOne": _returns({"check": "bank", "result": "passed", "reason": ""}),
            "Ask": _decides("approve", ""),
            "Open": _returns(_OPENED),
            "Tell": {_MANY: {"Return": {"MessageId": "m"}}},
        },
        "Rejected": {
            "ReadForm": _throws("Runtime.ExitError", "the reader crashed"),
            "CheckOne": _returns({"check": "bank", "result": "passed", "reason": ""}),
            "Ask": _decides("reject", "no kitchen"),
            "Close": _returns(_CLOSED),
            "Tell": {_MANY: {"Return": {"MessageId": "m"}}},
        },
        "Refused": {
            "ReadForm": _returns({"doubts": []}),
            "CheckOne": _returns({"check": "licence", "result": "failed", "reason": "expired"}),
            "Close": _returns(_CLOSED),
            "Tell": {_MANY: {"Return": {"MessageId": "m"}}},
        },
    },
    "nightly-settlement": {
        "Matched": {
            "Plan": _returns(
                {
                    "bucket": "order-middleware-local",
                    "key": f"{FOLDER}/stores.json",
                    "folder": FOLDER,
                    "day": "2026-11-19",
                }
            ),
            "Match": _returns(_SUMMARY),
            "Report": _returns({"failed": 0, "report": f"{FOLDER}/report.html"}),
        },
    },
    "break-glass": {
        "Approved": {
            "Ask": _decides("approve", ""),
            "Open": _returns({"status": "open"}),
        },
        "Rejected": {
            "Ask": _decides("reject", "not now"),
            "Refuse": _returns({"status": "refused"}),
        },
        "Ended": {"End": _returns({"status": "ended"})},
    },
}


def mocked() -> dict[str, Any]:
    """Return the file's content."""
    machines: dict[str, Any] = {}
    responses: dict[str, Any] = {}
    for machine, cases in ANSWERS.items():
        machines[machine] = {"TestCases": {}}
        for case, states in cases.items():
            names = {state: f"{machine} {case} {state}" for state in states}
            machines[machine]["TestCases"][case] = names
            responses.update({names[state]: answer for state, answer in states.items()})
    return {"StateMachines": machines, "MockedResponses": responses}
