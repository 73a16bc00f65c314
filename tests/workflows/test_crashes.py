"""A function dies before or after any call to AWS or a register: the store opens all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.menu import make_stores
from tests.pipeline.test_crashes import door  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from tests.pipeline.test_crashes import Door
    from tests.workflows.merchant import Applied, Onboarding

MOST_CALLS = 150
CALLS_A_TEST = 50


class Round:
    """One application, with the door armed while our functions run, and not while tests look."""

    def __init__(self, onboarding: Onboarding, door: Door, at: int, *, after: bool) -> None:  # noqa: F811
        self.onboarding, self.door = onboarding, door
        self._left, self._after = at, after
        self.calls = 0

    def open(self) -> Applied:
        """Apply, and let everybody do again what did not work."""
        applied = self.onboarding.apply()
        self.onboarding.upload(applied)
        while self._armed(lambda: self.onboarding.submit(applied)) >= 500:
            pass
        self._armed(self.onboarding.settle)
        links = [self.onboarding.link_in(mail) for mail in self.onboarding.mails()]
        assert links
        for link in reversed(links):
            while self._armed(lambda link=link: self.onboarding.decide(link)) >= 500:
                pass
        self._armed(self.onboarding.settle)
        return applied

    def _armed(self, step):
        self.door.arm(self._left, after=self._after)
        try:
            return step()
        finally:
            self.calls += self.door.count
            self._left = max(0, self._left - self.door.count)
            self.door.arm(0, after=False)


@pytest.mark.parametrize("first", range(1, MOST_CALLS, CALLS_A_TEST))
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_any_call_leaves_an_open_store(
    onboarding: Onboarding,
    door: Door,  # noqa: F811
    first: int,
    *,
    after: bool,
) -> None:
    """And each merchant is told, once. The round without a crash says how many calls there are."""
    stores = make_stores(MOST_CALLS + 4)[4:]
    calls = MOST_CALLS
    for at in (0, *range(first, first + CALLS_A_TEST)):
        if at > calls:
            break
        onboarding.turn_to(stores[at])
        told = len(onboarding.merchants_mails())
        round_ = Round(onboarding, door, at, after=after)
        applied = round_.open()
        if at == 0:
            calls = round_.calls
            assert 20 < calls < MOST_CALLS
        assert onboarding.state(applied)["state"] == "open", at
        assert len(onboarding.names_of_the_store()) == len(onboarding.menu["channels"]), at
        assert len(onboarding.merchants_mails()) == told + 1, at
