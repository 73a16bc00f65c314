"""What vendors allow in a second is not exceeded, however many orders come at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.http import VendorHttp
from simulators.audit import findings
from simulators.menu import make_stores
from simulators.street import Street, opened

if TYPE_CHECKING:
    from chalice_offline.testing import Offline


@pytest.mark.parametrize(("vendor", "most", "stores"), [("clover", 50, 4), ("toast", 20, 1)])
def test_every_call_of_an_order_counts(
    offline: Offline, monkeypatch: pytest.MonkeyPatch, vendor: str, most: int, stores: int
) -> None:
    """A Clover order is a call to create it and three to print it, a Toast order two."""
    call, calls = VendorHttp.call, Counter[int]()

    def counted(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        if f"/{vendor}/" in url:
            calls[int(offline.now.timestamp())] += 1
        return call(self, method, url, **named)

    with opened(Street(offline, make_stores(stores, [vendor]))) as street:
        monkeypatch.setattr(VendorHttp, "call", counted)
        placed = [street.place("doordash", store=n % stores, number=n) for n in range(24)]
        street.go(seconds=80, step=1)
        assert street.decisions() == dict.fromkeys(placed, "accepted")
        assert max(calls.values()) <= most
        assert findings(street) == []
