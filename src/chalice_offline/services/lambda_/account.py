"""How many runs there may be at once: Lambda's concurrency, per account and region.

Source: AWS Lambda developer guide, "Understanding Lambda function scaling" and "Configuring
reserved concurrency for a function".
"""

from __future__ import annotations

from chalice_offline.services.lambda_ import limits


class AccountConcurrency:
    """The concurrency of one account in one region: what functions have reserved, and the rest.

    A function with reserved concurrency has that and no more. All others share what is left.
    """

    def __init__(self) -> None:
        self._reserved: dict[str, int] = {}  # by function name
        self._running: dict[str, int] = {}
        self._refused: dict[str, None] = {}  # functions, in the order in which they were refused

    @property
    def unreserved(self) -> int:
        """What functions without reserved concurrency share."""
        return limits.CONCURRENT_EXECUTIONS - sum(self._reserved.values())

    def reserved(self, name: str) -> int | None:
        """Return what a function has reserved, if anything."""
        return self._reserved.get(name)

    def can_reserve(self, name: str, count: int) -> bool:
        """Whether enough is left for functions without reserved concurrency."""
        left = self.unreserved + self._reserved.get(name, 0) - count
        return left >= limits.UNRESERVED_CONCURRENCY_MIN

    def reserve(self, name: str, count: int | None) -> None:
        """Take a function's reserved concurrency out of the rest; None gives it back."""
        if count is None:
            self._reserved.pop(name, None)
        else:
            self._reserved[name] = count

    def running(self, name: str) -> int:
        """Return how many runs of a function there are."""
        return self._running.get(name, 0)

    def refusal(self, name: str, held: int = 0) -> str:
        """Return why a function cannot be run once more now (AWS's Reason), or "".

        `held` is what of its reserved concurrency is provided for others of its versions.
        """
        reserved = self._reserved.get(name)
        if reserved is not None:
            full = self.running(name) + held >= reserved
            return "ReservedFunctionConcurrentInvocationLimitExceeded" if full else ""
        if self._shared_running() < self.unreserved:
            return ""
        self._refused[name] = None
        return "ConcurrentInvocationLimitExceeded"

    def begin(self, name: str) -> None:
        """A run of a function is accepted."""
        self._running[name] = self.running(name) + 1

    def end(self, name: str) -> list[str]:
        """A run has ended; return the functions that may have waited for it."""
        left = self._running[name] - 1
        if left:
            self._running[name] = left
        else:
            del self._running[name]
        waiting = [name, *(other for other in self._refused if other != name)]
        self._refused.clear()
        return waiting

    def _shared_running(self) -> int:
        return sum(count for name, count in self._running.items() if name not in self._reserved)
