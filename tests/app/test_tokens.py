"""One token for all containers, and few grants whatever happens."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.adapters.token_table import Token
from chalicelib.channels.base import PartnerUnavailable
from chalicelib.tokens import EARLY_MS, Grant, TokenCache, TokenUnavailable

HOUR_MS = 3_600_000


class Vendor:
    """Grants tokens, counts them, and knows which refresh token is the next one."""

    def __init__(self) -> None:
        self.grants = 0
        self.refreshes: list[str] = []
        self.down = False
        self.retry_after: int | None = None

    def grant(self, refresh: str) -> Grant:
        self.refreshes.append(refresh)
        if self.down:
            raise PartnerUnavailable("HTTP 503", self.retry_after)
        self.grants += 1
        return Grant(f"token-{self.grants}", 3600, f"refresh-{self.grants}")


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


def container(house: Any) -> TokenCache:
    return TokenCache("clover/M1", lambda: house.tokens, house.clock)


def test_containers_share_one_grant(house: Any, vendor: Vendor) -> None:
    """Also those that begin cold."""
    assert {container(house).get(vendor.grant) for _ in range(130)} == {"token-1"}


def test_one_container_renews_and_the_others_go_on_with_the_old_token(
    house: Any, vendor: Vendor
) -> None:
    """It is good for five minutes more."""
    container(house).get(vendor.grant)
    house.clock.advance((HOUR_MS - EARLY_MS) / 1000)
    house.tokens.leases["clover/M1"] = house.clock() + 10_000  # another is at it
    assert container(house).get(vendor.grant) == "token-1"
    house.clock.advance(11)
    assert container(house).get(vendor.grant) == "token-2"
    assert vendor.refreshes == ["", "refresh-1"]


def test_new_refresh_token_is_kept_before_the_access_token_is_used(
    house: Any, vendor: Vendor
) -> None:
    """It works once: lost with the function that spent it, the merchant would have to connect."""
    house.tokens.put("clover/M1", Token("", refresh="first"))
    container(house).get(vendor.grant)
    assert vendor.refreshes == ["first"]
    assert house.tokens.get("clover/M1").refresh == "refresh-1"


def test_refused_token_is_renewed_by_the_first_and_used_by_the_others(
    house: Any, vendor: Vendor
) -> None:
    """Whoever comes later finds another token than the one that was refused."""
    refused = container(house).get(vendor.grant)
    assert {container(house).renew(refused, vendor.grant) for _ in range(130)} == {"token-2"}


def test_vendor_that_refuses_every_token_is_asked_once_a_minute(house: Any, vendor: Vendor) -> None:
    """A revoked app: a hundred grants an hour is all there is."""
    token = container(house).get(vendor.grant)
    for _ in range(3600):
        try:
            token = container(house).renew(token, vendor.grant)
        except TokenUnavailable as error:
            assert error.retry_after is not None
        house.clock.advance(1)
    assert vendor.grants <= 62


def test_vendor_that_grants_nothing_is_asked_ever_less(house: Any, vendor: Vendor) -> None:
    """And the error that it gave goes through to whoever asked."""
    vendor.down = True
    with pytest.raises(PartnerUnavailable):
        container(house).get(vendor.grant)
    with pytest.raises(TokenUnavailable):
        container(house).get(vendor.grant)
    for _ in range(3600):
        house.clock.advance(1)
        with pytest.raises((PartnerUnavailable, TokenUnavailable)):
            container(house).get(vendor.grant)
    assert len(vendor.refreshes) < 20
    vendor.down = False
    house.clock.advance(601)
    assert container(house).get(vendor.grant) == "token-1"


@pytest.mark.parametrize(("asked", "waits"), [(30, 30), (3600, 600)])
def test_vendor_that_asks_for_patience_has_it_for_ten_minutes_at_most(
    house: Any, vendor: Vendor, asked: int, waits: int
) -> None:
    """A gateway's page may say an hour of what is over in a minute, and nobody answers partners."""
    vendor.down, vendor.retry_after = True, asked
    with pytest.raises(PartnerUnavailable):
        container(house).get(vendor.grant)
    vendor.down = False
    house.clock.advance(waits - 1)
    with pytest.raises(TokenUnavailable):
        container(house).get(vendor.grant)
    house.clock.advance(1)
    assert container(house).get(vendor.grant) == "token-1"


def test_old_token_is_used_while_no_new_one_is_granted(house: Any, vendor: Vendor) -> None:
    """Until it ends."""
    container(house).get(vendor.grant)
    vendor.down = True
    house.clock.advance((HOUR_MS - EARLY_MS) / 1000)
    assert container(house).get(vendor.grant) == "token-1"


def test_token_of_five_minutes_costs_no_grant_a_call(house: Any) -> None:
    """Deliveroo's live no longer than others are renewed ahead of their end."""
    asked: list[str] = []

    def grant(refresh: str) -> Grant:
        asked.append(refresh)
        return Grant(f"token-{len(asked)}", 300)

    cache = container(house)
    for _ in range(20):
        cache.get(grant)
        house.clock.advance(60)
    assert len(asked) <= 5
    assert house.tokens.get("clover/M1").failures == 0


@pytest.mark.parametrize("seconds", [0, -3_600])
def test_token_whose_life_is_not_told_costs_no_grant_a_call(house: Any, seconds: int) -> None:
    """Toast may leave it out, and a clock may be wrong: logins are few."""
    asked: list[str] = []

    def grant(refresh: str) -> Grant:
        asked.append(refresh)
        return Grant(f"token-{len(asked)}", seconds)

    cache = container(house)
    for _ in range(100):
        cache.get(grant)
        house.clock.advance(0.5)
    assert len(asked) <= 3
