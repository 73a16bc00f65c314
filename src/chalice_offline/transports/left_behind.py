"""`chalice deploy` that fails: what it has made until then, and does not remember.

Chalice writes down what it has deployed when all of it is deployed. Whoever deploys again goes on
from there; an API it does not find again, nor does `chalice delete` find any of it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols import detect, parse

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.emulator import Emulator
    from chalice_offline.protocols import Target

_log = logging.getLogger(__name__)
_PROGRAM = "aws-chalice/"
# Between two calls of one deployment there is less.
_PAUSE_MS = 60_000

_Parameters = dict[str, Any]
_Call = tuple[str, str]
# The name of a thing, of the parameters of a call and its reply.
_Named = Callable[[_Parameters, _Parameters], str]


def _given(member: str) -> _Named:
    return lambda given, _reply: str(given.get(member, ""))


def _replied(member: str) -> _Named:
    return lambda _given, reply: str(reply.get(member, ""))


_MADE: Mapping[_Call, tuple[str, _Named]] = {
    ("iam", "CreateRole"): ("role", _given("RoleName")),
    ("lambda", "CreateFunction"): ("function", _given("FunctionName")),
    ("lambda", "PublishLayerVersion"): ("layer", _given("LayerName")),
    ("lambda", "CreateEventSourceMapping"): ("mapping", _replied("UUID")),
    ("apigateway", "ImportRestApi"): ("API", _replied("id")),
    ("apigatewayv2", "CreateApi"): ("WebSocket API", _replied("apiId")),
    ("events", "PutRule"): ("rule", _given("Name")),
    ("sns", "Subscribe"): ("subscription to", _given("TopicArn")),
    ("s3", "PutBucketNotificationConfiguration"): ("notifications of", _given("Bucket")),
}
_UNMADE: Mapping[_Call, _Named] = {
    ("iam", "DeleteRole"): _given("RoleName"),
    ("lambda", "DeleteFunction"): _given("FunctionName"),
    ("lambda", "DeleteLayerVersion"): _given("LayerName"),
    ("lambda", "DeleteEventSourceMapping"): _given("UUID"),
    ("apigateway", "DeleteRestApi"): _given("restApiId"),
    ("apigatewayv2", "DeleteApi"): _given("ApiId"),
    ("events", "DeleteRule"): _given("Name"),
}
_CHANGES = ("Create", "Put", "Add", "Import", "Update", "Publish", "Subscribe", "Tag")


@dataclass(frozen=True, slots=True)
class _Thing:
    kind: str
    name: str


class LeftBehind:
    """Follows Chalice's calls, and says when one that should have changed something was refused."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._made: list[_Thing] = []
        self._last_ms = 0

    def follows(self, request: HttpRequest) -> bool:
        """Whether a request is Chalice's own, and not that of a function."""
        return (request.headers.get("user-agent") or "").startswith(_PROGRAM)

    def saw(self, request: HttpRequest, response: HttpResponse) -> None:
        """Take note of a request that has its answer."""
        now_ms = self._emulator.now_ms
        if now_ms - self._last_ms > _PAUSE_MS:
            self._made.clear()
        self._last_ms = now_ms
        try:
            target = detect(request)
        except AwsError as error:
            _log.debug("a refused request of Chalice's names nothing: %s", error)
            return
        call = (target.service, target.operation or "")
        if response.status < 300:
            self._took(call, parse(target, request), response)
        elif call[1].startswith(_CHANGES):
            self._tell(target, response)

    def _took(self, call: _Call, parameters: _Parameters, response: HttpResponse) -> None:
        if call in _UNMADE:
            name = _UNMADE[call](parameters, {})
            self._made = [thing for thing in self._made if thing.name != name]
        if call in _MADE:
            kind, named = _MADE[call]
            thing = _Thing(kind, named(parameters, _json_of(response)))
            if thing not in self._made:
                self._made.append(thing)

    def _tell(self, target: Target, response: HttpResponse) -> None:
        made = ", ".join(f"{thing.kind} {thing.name}" for thing in self._made)
        what = f"{target.service}:{target.operation}"
        if not made:
            _log.warning("chalice was refused %s (%d); it has made nothing", what, response.status)
            return
        again = ", but makes another API" if any("API" in one.kind for one in self._made) else ""
        _log.warning(
            "chalice was refused %s (%d). It leaves behind what it does not remember: %s. "
            "Deploying again goes on with these%s; chalice delete does not find them",
            *(what, response.status, made, again),
        )
        self._made.clear()


def _json_of(response: HttpResponse) -> _Parameters:
    try:
        content = json.loads(response.body or b"{}")
    except ValueError:
        return {}  # the services that answer in XML are named by what was asked
    return content if isinstance(content, dict) else {}
