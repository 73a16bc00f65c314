"""From a merchant's application to an open store."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.workflows.merchant import Onboarding

ACCEPTED = ("accepted", "accepted_at_once", "accepted_on_tablet")


def test_store_sells_after_approval_and_not_before(onboarding: Onboarding) -> None:
    """The whole way, with three days until somebody decides."""
    assert onboarding.order(1) not in ACCEPTED
    applied = onboarding.submitted()
    assert onboarding.state(applied)["state"] == "submitted"
    link = onboarding.link()
    onboarding.pass_days(3)
    assert onboarding.order(2) not in ACCEPTED
    assert onboarding.decide(link) == 200
    onboarding.settle()
    assert onboarding.state(applied)["state"] == "open"
    assert onboarding.order(3) in ACCEPTED
    execution = onboarding.execution(applied)
    assert execution["status"] == "SUCCEEDED", execution["cause"]
