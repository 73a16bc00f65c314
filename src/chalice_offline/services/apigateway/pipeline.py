"""The steps of one request, from its route to its reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.apigateway import access_log, failures, limits
from chalice_offline.services.apigateway.authorization import authorize
from chalice_offline.services.apigateway.exchange import Exchange, GatewayFailure, Reply
from chalice_offline.services.apigateway.integrating import integrate
from chalice_offline.services.apigateway.replies import reply_of, with_own_fields
from chalice_offline.services.apigateway.usage import check_key, check_method_throttle
from chalice_offline.services.apigateway.validation import validate

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.pending import Pending
    from chalice_offline.core.scheduler import Timer


def serve(exchange: Exchange, *, routed: bool = False) -> Pending[Reply] | Reply:
    """Take a request through all steps; the reply is known now or later.

    `routed` says that its route is known already, and who makes it.
    """
    _Course(exchange).run(routed=routed)
    pending = exchange.reply
    return pending.result() if pending.done else pending


class _Course:
    """One request's way through the steps; whichever ends it first, ends it."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._timer: Timer | None = None

    def run(self, *, routed: bool) -> None:
        self._guarded(self._authorized if routed else self._enter)

    def _enter(self) -> None:
        exchange = self._exchange
        if len(exchange.body) > limits.PAYLOAD_BYTES:
            raise failures.too_large()
        found = exchange.served.find(exchange.path, exchange.method)
        if found is None:
            raise failures.missing_token()
        exchange.route, exchange.path_parameters = found
        by_authorizer = exchange.served.key_source == "AUTHORIZER"
        if not by_authorizer:
            check_key(exchange)
        authorize(exchange, lambda: self._guarded(self._authorized), self.finish)

    def _authorized(self) -> None:
        exchange = self._exchange
        if exchange.served.key_source == "AUTHORIZER":
            check_key(exchange)
        check_method_throttle(exchange)
        validate(exchange)
        integrate(exchange, self.finish)
        if not exchange.reply.done:
            self._limit()

    def _limit(self) -> None:
        """Answer 504 when the integration takes longer than it may, unless timeouts wait."""
        integration = self._exchange.taken.integration
        timeout_ms = int(integration.get("timeoutInMillis") or limits.INTEGRATION_TIMEOUT_MS)
        kernel = self._exchange.gateway.kernel
        self._timer = kernel.at(kernel.now_ms + timeout_ms, self._overdue, owed=False)

    def _overdue(self) -> None:
        if self._exchange.gateway.kernel.timeouts_wait():
            self._limit()
        else:
            self.finish(failures.timed_out())

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except GatewayFailure as failure:
            self.finish(failure)

    def finish(self, outcome: Reply | GatewayFailure) -> None:
        """Answer the request; what comes after the answer is too late."""
        exchange = self._exchange
        if exchange.reply.done:
            return
        exchange.gateway.kernel.cancel(self._timer)
        reply = outcome if isinstance(outcome, Reply) else reply_of(exchange, outcome)
        reply = with_own_fields(exchange, reply)
        access_log.write(exchange, reply)
        exchange.gateway.kernel.complete(exchange.call.entry, str(reply.status))
        exchange.reply.resolve(reply)
