"""The routes of an attached project: API Gateway and Lambda here, all other AWS at the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.attach.user_pools import user_pools
from chalice_offline.chalice_app.changes import Changes
from chalice_offline.chalice_app.deployed_functions import DeployedFunctions
from chalice_offline.chalice_app.deployer import Deployer
from chalice_offline.chalice_app.present_request import keep_requests_apart
from chalice_offline.chalice_app.project_api import ProjectApi
from chalice_offline.composition import compose_routes
from chalice_offline.drivers.live import LiveDriver
from chalice_offline.services.lambda_ import LambdaState
from chalice_offline.transports.aws_door import aws_endpoint
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.outbound import send_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.attach.plan import Place
    from chalice_offline.chalice_app.functions import ProjectFunction
    from chalice_offline.chalice_app.project import Project
    from chalice_offline.chalice_app.runtime import Runtime
    from chalice_offline.core.http import HttpRequest
    from chalice_offline.transports.asgi import AsgiApp


class Routes:
    """An API of the project's routes, whose handlers `runtime` runs."""

    def __init__(self, runtime: Runtime, place: Place, endpoint_url: str) -> None:
        """Prepare; the functions are known under their ARNs at the endpoint."""
        self._driver = LiveDriver(run_function=runtime.run, send_request=send_request)
        self._emulator = compose_routes(
            self._driver, account_id=place.account_id, region=place.region
        )
        self._emulator.add(user_pools(self._emulator, endpoint_url))
        self._gateway = Gateway(self._emulator)
        call = Deployer(self._emulator)
        lambda_ = self._emulator.registry.state("lambda", LambdaState)
        self._functions = DeployedFunctions(lambda_, call)
        self._api = ProjectApi(call, place.account_id, place.region)
        self._place = place
        self.app: AsgiApp = aws_endpoint(self._gateway, self._addressed)

    def start(self) -> None:
        """Let time pass: what is late is answered as API Gateway does."""
        self._driver.start()

    def switch_to(self, project: Project, functions: Mapping[str, ProjectFunction]) -> None:
        """Serve this project's routes; ProjectError leaves those before in place."""
        place, changes = self._place, Changes()
        settings = [one.settings(place.account_id, place.region) for one in functions.values()]
        try:
            self._functions.switch_to(settings, changes)
            keep_requests_apart(project.app)
            self._api.switch_to(project, functions, changes)
        except BaseException:
            changes.roll_back()
            raise
        changes.commit()

    def answer_waiting(self) -> None:
        """Answer whoever waits: the session ends."""
        self._gateway.close()

    def stop(self) -> None:
        """Start no more handlers."""
        self._driver.stop()
        with self._emulator.lock:
            self._emulator.storage.close()

    # ---- within ----------------------------------------------------------------------------------

    def _addressed(self, request: HttpRequest) -> HttpRequest:
        return self._api.addressed(request)
