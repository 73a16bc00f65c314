"""AWS calls that are tried again while the endpoint is away, up to a bound."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from botocore.parsers import ResponseParserError

from chalice_offline.attach.errors import EndpointError
from chalice_offline.attach.failures import CALL_ERRORS, sentence, will_pass

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from chalice_offline.core.clock import Clock

_log = logging.getLogger(__name__)

# Long enough for an engine to be started beside us or to restart, short enough that nobody
# wonders whether anything still happens.
PATIENCE_SECONDS = 30.0
FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 5.0


class Patience:
    """Repeats a call, with doubling waits, while it fails in a way that may pass."""

    def __init__(
        self,
        where: str,
        clock: Clock,
        stopped: threading.Event,
        seconds: float = PATIENCE_SECONDS,
        *,
        garbled_may_pass: bool = False,
    ) -> None:
        """`where` names the endpoint in sentences; `stopped` ends every wait at once.

        `garbled_may_pass`: an answer that is not AWS's is one of an engine that is going down or
        coming up, not of something else.
        """
        self._garbled_may_pass = garbled_may_pass
        self.where = where
        self._clock = clock
        self._stopped = stopped
        self._seconds = seconds
        self._is_away = False

    def call(self, doing: str, operation: Callable[..., Any], /, **request: Any) -> Any:
        """Return `operation(**request)`.

        Raises ClientError as it is when AWS has refused the request, EndpointError when the
        endpoint stayed away for the whole time or is none, or when we are stopping.
        """
        began_ms = self._clock.now_ms()
        wait = FIRST_WAIT_SECONDS
        while True:
            try:
                reply = operation(**request)
            except CALL_ERRORS as error:
                if not self._will_pass(error):
                    if hasattr(error, "response"):
                        raise
                    raise EndpointError(sentence(error, self.where, doing)) from error
                waited = (self._clock.now_ms() - began_ms) / 1000
                if waited + wait > self._seconds:
                    text = f"{sentence(error, self.where, doing)}; gave up after {waited:.0f} s"
                    raise EndpointError(text) from error
                self._note(
                    f"{sentence(error, self.where, doing)}; trying for {self._seconds:.0f} s"
                )
                if self._stopped.wait(wait):
                    raise EndpointError(sentence(error, self.where, doing)) from error
                wait = min(2 * wait, LONGEST_WAIT_SECONDS)
            else:
                if self._is_away:
                    self._is_away = False
                    _log.warning("%s answers again", self.where)
                return reply

    def _will_pass(self, error: Exception) -> bool:
        garbled = isinstance(error, ResponseParserError) and self._garbled_may_pass
        return garbled or will_pass(error)

    def _note(self, text: str) -> None:
        """Say once, however many threads notice, that the endpoint is away."""
        if not self._is_away:
            self._is_away = True
            _log.warning("%s", text)
