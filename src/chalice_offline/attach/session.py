"""A project attached to an endpoint: from `start` to `stop`, with reload in between."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

from chalice_offline.attach.app import AttachedApp
from chalice_offline.attach.errors import EndpointError
from chalice_offline.attach.in_flight import InFlight
from chalice_offline.attach.invocations import Invocations
from chalice_offline.attach.make import Maker
from chalice_offline.attach.patience import PATIENCE_SECONDS, Patience
from chalice_offline.attach.plan import Place, Plan, label_of, plan_of
from chalice_offline.attach.poller import LONG_POLL_SECONDS, Poller
from chalice_offline.attach.provision import Provision
from chalice_offline.attach.remove import Remover
from chalice_offline.attach.routes import Routes
from chalice_offline.chalice_app.process_patches import hold, let_go
from chalice_offline.chalice_app.watch import Watch
from chalice_offline.core.clock import SystemClock
from chalice_offline.core.errors import ProjectError
from chalice_offline.transports.asgi import LOOPBACK
from chalice_offline.transports.browser_policy import ONLY_THIS_MACHINE, Access, Area
from chalice_offline.transports.http_server import Server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chalice_offline.attach.endpoint import Endpoint
    from chalice_offline.attach.invocations import Count
    from chalice_offline.attach.make import Attached
    from chalice_offline.attach.plan import Attachment
    from chalice_offline.attach.remove import OwnQueue
    from chalice_offline.chalice_app.project import Project
    from chalice_offline.transports.asgi import Receive, Scope, Send

_log = logging.getLogger(__name__)

# How long stopping waits for handlers that are running. What is not done by then comes again.
STOP_SECONDS = 30
APP_PORT = 8000  # as of `chalice local`
# Removing what was made is tried for as long as a hiccup lasts, not as a restart.
REMOVE_PATIENCE_SECONDS = 5.0


class AttachedSession:
    """Routes and handlers here, AWS at `endpoint`.

    `prepare` plans and changes nothing; `start` makes and runs; `stop` takes away what was made.
    """

    def __init__(
        self,
        directory: Path,
        stage: str,
        endpoint: Endpoint,
        *,
        host: str = LOOPBACK,
        port: int | None = None,
        access: Access = ONLY_THIS_MACHINE,
        variables: dict[str, str] | None = None,
        tell: Callable[[str], None] = _log.info,
        patience_seconds: float = PATIENCE_SECONDS,
        poll_seconds: int = LONG_POLL_SECONDS,
    ) -> None:
        """Bind the port at once; raises ProjectError when it is taken.

        `tell` gets progress. `patience_seconds` is how long the endpoint may stay away,
        `poll_seconds` how long one call waits for messages and so how long `stop` may take.
        """
        self._poll_seconds = poll_seconds
        self._clock = SystemClock()
        self._stopped = threading.Event()
        self._endpoint = endpoint
        self._tell = tell
        self._patience = Patience(endpoint.name, self._clock, self._stopped, patience_seconds)
        self._polling_patience = Patience(
            endpoint.name, self._clock, self._stopped, patience_seconds, garbled_may_pass=True
        )
        self.app = AttachedApp(directory, stage, endpoint, self._clock, variables)
        self.http_server = Server(
            self._answer,
            host=host,
            port=port,
            usual_port=APP_PORT,
            area=Area.APP,
            access=access,
        )
        # From the last to the first: the port is bound before it is known whose routes it has.
        self._ends = ExitStack()
        self._ends.callback(self.http_server.stop)
        self._watch = Watch(self.app.directory)
        self._sqs = endpoint.client("sqs")
        self._in_flight = InFlight(self._sqs, self._clock)
        self._pollers: dict[Attachment, Poller] = {}
        self._failure: EndpointError | None = None

    # ---- life ------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Load the project, ask the endpoint who we are, and plan.

        Raises ProjectError, or EndpointError when nobody answers or the credentials are wrong.
        """
        project = self._project = self.app.load()
        account_id = self._endpoint.account(self._patience)
        self.place = Place(account_id, self._endpoint.region, not self._endpoint.is_aws)
        self.plan = self._plan(project)
        self._remover = Remover(
            self._endpoint,
            self.plan.label,
            Patience(self._endpoint.name, self._clock, threading.Event(), REMOVE_PATIENCE_SECONDS),
        )
        self._maker = Maker(
            self._endpoint, self.place, self._remover, self._clock, self._stopped, self._tell
        )
        self._invocations = Invocations(self.app.runtime, self._clock, self.place)
        self._routes = Routes(self.app.runtime, self.place, self._endpoint.url)
        self._ends.callback(self._routes.stop)
        self._ends.callback(self.http_server.stop)
        self._ends.callback(self._routes.answer_waiting)

    def provision(self) -> None:
        """Deploy .chalice/resources.json as a stack, tables where DynamoDB is.

        Raises ProjectError naming what could not be created.
        """
        Provision(self._endpoint, self.place, self.plan.label, self.app.stage, self._patience).run(
            self.app.directory, self._tell
        )

    def start(self) -> None:
        """Attach every handler, then serve. What fails takes away what it made, then raises."""
        hold(self)  # handlers run on our threads, whoever else leaves the process meanwhile
        try:
            self._activate(self._project)
            self._routes.start()
            self._in_flight.start()
            self._switch_to(self.plan)
        except (ProjectError, EndpointError):
            self.stop()
            raise
        self.http_server.start()

    def watch(self, changed: Callable[[str], None]) -> None:
        """Reload when the code changes; blocks until stopped.

        Raises EndpointError when the endpoint is gone for good.
        """
        for file in self._watch.changes():
            try:
                self.reload()
            except (ProjectError, EndpointError) as error:
                changed(f"{file} changed, but the code before goes on running: {error}")
            else:
                changed(f"{file} changed: reloaded")
        self.check()

    def wait(self) -> None:
        """Block until stopped. Raises EndpointError when the endpoint is gone for good."""
        while not self._stopped.wait(3600):
            pass
        self.check()

    def check(self) -> None:
        """Raise the EndpointError that ended the polling, if one did."""
        if self._failure is not None:
            raise self._failure

    def reload(self) -> None:
        """Run the project's changed code; handlers whose source stayed the same go on."""
        project = self.app.load_anew()
        plan = self._plan(project)
        self._activate(project)
        self._switch_to(plan)
        self.plan = plan

    def stop(self, *, remove: bool = True) -> None:
        """Take no more, let running handlers end, and `remove` what was made.

        A queue that still holds messages is kept, unhooked from its source, and told about.
        """
        self._watch.stop()
        self._stopped.set()
        self._ends.close()
        pollers, self._pollers = list(self._pollers.values()), {}
        self._end(pollers, remove=remove)
        self._in_flight.stop()
        let_go(self)

    def counts(self) -> dict[str, Count]:
        """Return how often each handler ran and failed, by Chalice's name."""
        return self._invocations.counts()

    @property
    def attached(self) -> list[Attached]:
        """What is attached now, in the order of the app's decorators."""
        return [poller.attached for poller in self._pollers.values()]

    # ---- within ----------------------------------------------------------------------------------

    def _plan(self, project: Project) -> Plan:
        websockets = {config.name for config in project.app.websocket_handlers.values()}
        sources = [one for one in project.app.event_sources if one.name not in websockets]
        label = label_of(project.name, project.stage)
        return plan_of(label, sources, self.app.functions, self.place)

    def _activate(self, project: Project) -> None:
        self._routes.switch_to(project, self.app.functions)
        self._invocations.load(self.app.functions)
        self.app.activate()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to the routes."""
        await self._routes.app(scope, receive, send)

    def _switch_to(self, plan: Plan) -> None:
        """Attach what is new, and take away what is gone."""
        wanted = set(plan.attachments)
        gone = [self._pollers.pop(one) for one in list(self._pollers) if one not in wanted]
        self._end(gone, remove=True)
        for attachment in plan.attachments:
            if attachment not in self._pollers:
                self._begin(self._maker.attach(attachment))

    def _begin(self, attached: Attached) -> None:
        if attached.adopted:
            self._tell(f"{attached.attachment.queue} was left by an earlier run: adopted")
        poller = Poller(
            attached,
            self._sqs,
            self._polling_patience,
            self._in_flight,
            self._clock,
            self._invocations.run,
            self._fail,
            self._poll_seconds,
        )
        self._pollers[attached.attachment] = poller
        poller.start()

    def _end(self, pollers: list[Poller], *, remove: bool) -> None:
        for poller in pollers:
            poller.stop()
        queues = [poller.attached.own_queue for poller in pollers]
        own = [queue for queue in queues if queue is not None] if remove else []
        reachable = self._unhook(own)
        wait = STOP_SECONDS if reachable else LONG_POLL_SECONDS
        for poller in pollers:
            if not poller.join(wait):
                handler = poller.attached.attachment.handler
                self._tell(f"handler {handler} is still running: its messages will come again")
        if reachable:
            self._delete(own)
        elif own:
            names = ", ".join(queue.name for queue in own)
            self._tell(f"still at {self._endpoint.name}: {names}; --detach removes them")

    def _unhook(self, queues: list[OwnQueue]) -> bool:
        """Let nothing new come; say whether the endpoint is there to hear it."""
        try:
            for queue in queues:
                self._remover.unhook(queue.arn, queue.source_arn)
        except EndpointError as error:
            if self._failure is None:  # else whoever runs us says it
                self._tell(str(error))
            return False
        return True

    def _delete(self, queues: list[OwnQueue]) -> None:
        for queue in queues:
            try:
                held = self._remover.delete(queue, with_messages=False)
            except EndpointError as error:
                self._tell(f"{error}; --detach removes what is left")
                return
            if held:
                self._tell(
                    f"queue {queue.name} is kept: it holds {held} messages that no handler has "
                    "finished; the next run goes on with them, --detach discards them"
                )

    def _fail(self, error: EndpointError) -> None:
        """End the session from a poller's thread."""
        if self._failure is None:
            self._failure = error
        self._watch.stop()
        self._stopped.set()


def detach(endpoint: Endpoint, label: str, tell: Callable[[str], None]) -> int:
    """Remove everything made for `label`, by whatever run; returns the number of queues.

    Raises EndpointError.
    """
    clock, stopped = SystemClock(), threading.Event()
    patience = Patience(endpoint.name, clock, stopped)
    endpoint.account(patience)
    remover = Remover(endpoint, label, patience)
    queues = remover.queues()
    for queue in queues:
        remover.unhook(queue.arn, queue.source_arn)
        held = remover.delete(queue, with_messages=True)
        discarded = f", {held} messages discarded" if held else ""
        tell(f"removed queue {queue.name} and what delivered into it{discarded}")
    return len(queues)
