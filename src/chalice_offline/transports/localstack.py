"""/_localstack/…: the pages of LocalStack that clients, wait-scripts and test suites ask.

health, info, init    what runs here; changed by nothing
state/reset           POST: begins anew (a session only; a test's emulator is the test's)
state/SERVICE/reset   POST: one service begins anew, but for what the project has of it

Whoever may reach AWS here may reach these: `browser_policy` judges the request before. Source of
the paths and members: LocalStack documentation, "Internal endpoints" and "Initialization hooks".
"""

from __future__ import annotations

import json
import logging
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import ProjectError
from chalice_offline.core.http import Headers, HttpResponse
from chalice_offline.core.names import nearest
from chalice_offline.core.pending import Pending
from chalice_offline.resetting import NotRestored, UnknownService, done_at_once, reset_service
from chalice_offline.transports.no_such_door import no_such_door

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.http import HttpRequest
    from chalice_offline.emulator import Emulator

_log = logging.getLogger(__name__)

FOLDER = "/_localstack"
# The version whose behaviour clients may expect; some compare it before they do anything.
LOCALSTACK_VERSION = "4.14.0"
EDITION = "chalice-offline"
# In the registry, and no service that a client could ask for.
_NOT_AWS = frozenset({"cloudformation-own", "execute-api"})
_DELEGATED = ("cognito-idp", "iam", "logs", "secretsmanager", "ssm", "sts")
_STAGES = ("BOOT", "START", "READY", "SHUTDOWN")
_RESET = re.compile(r"state/([^/]+/)?reset")
_DOORS = tuple(
    f"{FOLDER}/{name}"
    for name in ("health", "info", "init", "init/STAGE", "state/reset", "state/SERVICE/reset")
)


class LocalStackDoors:
    """The pages of one emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        #: Puts a new emulator, holding nothing, in this one's place; where that can be done.
        self.begin_anew: Callable[[], Pending[None]] | None = None
        #: Lets one service hold nothing; UnknownService when there is none of that name.
        self.reset_service: Callable[[str], Pending[None]] = self._reset_alone
        #: The init hooks that ran: stage, name, state.
        self.scripts: Callable[[], list[dict[str, str]]] = list
        #: When it began, whatever was begun anew since; real time, or a test's own.
        self.began_ms = emulator.driver.clock.read().now_ms

    def answer(self, request: HttpRequest) -> HttpResponse | Pending[HttpResponse]:
        """Answer one request below /_localstack."""
        name = request.path.removeprefix(FOLDER).strip("/")
        if _RESET.fullmatch(name):
            return self._reset(request, name)
        first, _, rest = name.partition("/")
        if first not in ("health", "info", "init") or (rest and first != "init"):
            return no_such_door(request, _DOORS)
        if request.method not in ("GET", "HEAD"):
            return _refused(405, f"{request.path} is asked with GET")
        if first == "init":
            return self._init(rest.upper())
        return _page(self._health() if first == "health" else self._info())

    # ---- within ----------------------------------------------------------------------------------

    def _health(self) -> dict[str, Any]:
        """What clients and wait-scripts ask for."""
        names = [name for name in self._emulator.registry.names() if name not in _NOT_AWS]
        services = dict.fromkeys(sorted(names), "running")
        services |= dict.fromkeys(_DELEGATED, "available")
        return {"services": services, "edition": EDITION, "version": LOCALSTACK_VERSION}

    def _info(self) -> dict[str, Any]:
        emulator = self._emulator
        now_ms = emulator.driver.clock.read().now_ms
        return {
            "version": LOCALSTACK_VERSION,
            "edition": EDITION,
            "is_license_activated": False,
            "session_id": f"seed-{emulator.seed}",
            "machine_id": "",
            "system": platform.system().lower(),
            "is_docker": False,
            "server_time_utc": _iso(now_ms),
            "uptime": max(0, now_ms - self.began_ms) // 1000,
            "chalice_offline_version": version("chalice-offline"),
        }

    def _init(self, stage: str) -> HttpResponse:
        scripts = self.scripts()
        done = {name: name != "SHUTDOWN" for name in _STAGES}
        done["READY"] = not any(one["state"] in ("UNKNOWN", "RUNNING") for one in scripts)
        if not stage:
            return _page({"completed": done, "scripts": scripts})
        if stage not in done:
            stages = nearest(stage.lower(), [one.lower() for one in _STAGES])
            return _refused(404, f"there is no stage {stage.lower()}.{stages}")
        ran = [script for script in scripts if script["stage"] == stage]
        return _page({"completed": done[stage], "scripts": ran})

    def _reset(self, request: HttpRequest, name: str) -> HttpResponse | Pending[HttpResponse]:
        if request.method != "POST":
            return _refused(405, f"{request.path} is asked with POST")
        if name != "state/reset":
            return _answered(self.reset_service(name.split("/")[1]))
        if self.begin_anew is None:
            return _refused(409, "a test's emulator is not reset; make another one")
        return _answered(self.begin_anew())

    def _reset_alone(self, name: str) -> Pending[None]:
        return done_at_once(lambda: reset_service(self._emulator, name))


def _answered(done: Pending[None]) -> Pending[HttpResponse]:
    """Return the reply to a reset, once it is done."""
    reply: Pending[HttpResponse] = Pending()

    def told(pending: Pending[None]) -> None:
        try:
            pending.result()
        except UnknownService as error:
            reply.resolve(_refused(404, f"{error} Nothing was changed."))
        except ProjectError as error:
            reply.resolve(_refused(409, f"{error}; nothing was changed"))
        except NotRestored as error:
            _log.error("%s", error)
            reply.resolve(_refused(500, str(error)))
        except BaseException as error:  # noqa: BLE001 - told, as every reply is; and logged
            _log.exception("the reset failed")
            reply.resolve(_refused(500, f"the reset failed: {error!r}"))
        else:
            reply.resolve(HttpResponse(200))

    done.then(told)
    return reply


def _iso(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _page(content: dict[str, Any]) -> HttpResponse:
    headers = Headers([("content-type", "application/json")])
    return HttpResponse(200, headers, json.dumps(content).encode())


def _refused(status: int, sentence: str) -> HttpResponse:
    headers = Headers([("content-type", "application/json")])
    return HttpResponse(status, headers, json.dumps({"error": sentence}).encode())
