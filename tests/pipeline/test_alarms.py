"""What goes wrong makes an alarm go off, in time; what goes right makes none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.pos.base import PosRefused
from chalicelib.pos.square.point_of_sale import Square
from chalicelib.reconciliation.differences import Kind
from chalicelib.telemetry.metrics import METRICS, METRICS_OF_FIFTY_STORES, NAMESPACE
from tests.pipeline.alarms import OURS, is_on, ours, samples, sources, went_off
from tests.pipeline.log_lines import metrics, parsed
from tests.pipeline.shop_steps import check_out
from tests.pipeline.test_reconciliation import compare_today

if TYPE_CHECKING:
    from simulators.street import Street

STORES = {"square": 0, "toast": 1, "clover": 2}
FIFTY = {"store": 50, "channel": 4, "vendor": 3, "party": 6, "reason": 10, "kind": len(Kind)}
FIFTY |= {"ending": 8, "step": 4}  # of our own shop


class Watch:
    """The street's metrics since the watch began."""

    def __init__(self, street: Street, capsys: pytest.CaptureFixture[str]) -> None:
        self._street = street
        self._capsys = capsys
        capsys.readouterr()
        self.lines: list[dict[str, Any]] = []
        self.began_ms = self.now_ms

    @property
    def now_ms(self) -> int:
        """The street's time."""
        return round(self._street.offline.now.timestamp() * 1000)

    def went_off(self) -> dict[str, float]:
        """Return seconds until each alarm first went off; some time after everything."""
        self._read()
        fired = went_off(self.lines, self.now_ms)
        return {name: (at_ms - self.began_ms) / 1000 for name, at_ms in fired.items()}

    def is_on(self, name: str) -> bool:
        """Say whether an alarm is on now."""
        self._read()
        return is_on(name, self.lines, self.now_ms)

    def _read(self) -> None:
        self.lines += metrics(parsed(self._capsys.readouterr().out))


@pytest.mark.parametrize("fault", ["503", "429"])
@pytest.mark.parametrize("vendor", sorted(STORES))
def test_outage_of_a_vendor_makes_its_alarms_go_off(
    long_street: Street, vendor: str, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before orders are denied, when they are, and no other vendor's; afterwards it ends."""
    street, watch = long_street, Watch(long_street, capsys)
    till = street.world.points_of_sale[vendor]
    options: dict[str, Any] = {"status": 503} if fault == "503" else {}
    kind = "error_before_commit" if fault == "503" else "rate_limited"
    till.faults.add("*", kind, times=10**6, **options)
    for number in range(20):
        street.place("doordash", store=STORES[vendor], number=number)
        street.place("doordash", store=(STORES[vendor] + 1) % 3, number=100 + number)
        street.go(seconds=30)
    fired = watch.went_off()
    assert fired[f"pos-{vendor}-failing"] <= 180
    assert fired[f"pos-{vendor}-denials"] <= 600
    assert "stores-offline" in fired
    others = {f"pos-{other}-{what}" for other in STORES.keys() - {vendor} for what in
              ("failing", "denials")}  # fmt: skip
    assert fired.keys() & others == set()
    till.faults.clear()
    street.go(seconds=600, step=20)
    assert not watch.is_on(f"pos-{vendor}-failing")
    assert not watch.is_on(f"pos-{vendor}-denials")
    assert not watch.is_on("stores-offline")


def test_quiet_evening_wakes_nobody(
    long_street: Street, capsys: pytest.CaptureFixture[str]
) -> None:
    """Orders, a slow call, an order with an item that is not on the menu, a customer's no."""
    street, watch = long_street, Watch(long_street, capsys)
    for number, channel in enumerate(street.world.channels):
        for store in range(3):
            street.place(channel, store=store, number=10 * number + store)
    street.world.square.faults.add("*", "error_before_commit", times=1)
    street.place("doordash", number=200)
    street.world.uber.cancel_by_customer(street.place("uber_eats", number=201))
    street.go(seconds=900, step=10)
    street.offline.http.request("POST", "/webhooks/doordash", headers={}, body=b"{}")
    assert watch.went_off() == {}
    assert ("OrdersAccepted", frozenset()) in samples(watch.lines)


def test_secret_that_does_not_fit_is_noticed(
    street: Street, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every webhook is answered 401, and no 5xx says so."""
    watch = Watch(street, capsys)
    headers = {"Authorization": "Bearer of-yesterday"}
    for _ in range(12):
        street.offline.http.request("POST", "/webhooks/doordash", headers=headers, body=b"{}")
    street.go(seconds=360, step=60)
    assert watch.went_off().keys() == {"webhooks-refused"}


def test_denials_of_all_kinds_are_noticed(
    street: Street, capsys: pytest.CaptureFixture[str]
) -> None:
    """A menu that lost its items denies every order, and the point of sale is innocent."""
    watch = Watch(street, capsys)
    for store_id, menu in street.world.generator.menu_files().items():
        names = ("id", "name", "pos_id", "price")
        items = [{name: item[name] for name in names} for item in menu["items"]]
        for item in items:
            item["id"] = f"other-{item['id']}"
        rest = {key: menu[key] for key in menu if key not in ("categories", "modifier_groups")}
        body = json.dumps({**rest, "items": items}).encode()
        s3 = street.offline.client("s3")
        s3.put_object(Bucket="order-middleware-local", Key=f"menus/{store_id}.json", Body=body)
    street.go(seconds=60)  # containers remember stores for some seconds
    for number in range(12):
        street.place("doordash", number=number)
    street.go(seconds=400, step=20)
    assert watch.went_off().keys() == {"acceptance-rate", "denials"}
    by_reason = frozenset({("reason", str(Reason.UNMAPPED_ITEM))})
    assert len(samples(watch.lines)["DenialsByReason", by_reason]) == 12


def test_token_that_is_not_granted_is_noticed(
    street: Street, capsys: pytest.CaptureFixture[str]
) -> None:
    """The partner revoked us: no answer reaches it any more."""
    watch = Watch(street, capsys)
    street.world.uber.faults.add("*", "unauthorized", times=10**6)
    street.place("uber_eats", number=1)
    street.go(seconds=900, step=10)
    assert "tokens-failing" in watch.went_off()


def test_quiet_evening_of_the_shop_wakes_nobody(
    street: Street, capsys: pytest.CaptureFixture[str]
) -> None:
    """A declined card, a customer who cancels, a vendor's 500: that is every evening."""
    watch = Watch(street, capsys)
    for number in range(6):
        check_out(street, number=number, carried=True)
    check_out(street, number=20, payment_method="pm_card_chargeDeclined")
    street.world.stripe.faults.add("*", "error_before_commit", times=1)
    late = check_out(street, number=21, carried=True)
    street.settle()
    street.world.shop.cancel(late)
    street.go(seconds=900, step=30)
    assert watch.went_off() == {}
    found = samples(watch.lines)
    for name, total in {"CheckoutsSold": 7, "CheckoutsUnpaid": 1, "CheckoutsLost": 0}.items():
        assert sum(value for _, value in found[name, frozenset()]) == total, name
    why = {ending: len(found["CheckoutsEnded", frozenset({("ending", ending)})])
           for ending in ("declined", "cancelled")}  # fmt: skip
    assert why == {"declined": 1, "cancelled": 1}
    assert len(found["CheckoutTimeToTicket", frozenset()]) == 7
    assert len(found["TimeToCourier", frozenset()]) == 7


def _cards_are_declined(street: Street) -> None:
    for number in range(12):
        check_out(street, number=number, payment_method="pm_card_chargeDeclined")


def _stripe_is_down(street: Street) -> None:
    street.world.stripe.faults.add("*", "rate_limited", times=10**6)
    for number in range(12):
        check_out(street, number=number)


def _kitchens_are_closed(street: Street) -> None:
    street.world.square.faults.add("*", "unauthorized", times=10**6)
    for number in range(12):
        check_out(street, number=number)


def _no_courier_comes(street: Street) -> None:
    street.world.drive.without_couriers = True
    for number in range(12):
        check_out(street, number=number, carried=True, if_no_courier="cancel")


@pytest.mark.parametrize(
    ("trouble", "must", "must_not"),
    [
        (_cards_are_declined, {"unpaid"}, {"acceptance", "broken", "pay-failing"}),
        (_stripe_is_down, {"pay-failing"}, {"acceptance", "courier-failing"}),
        (_kitchens_are_closed, {"acceptance"}, {"unpaid", "broken", "courier-failing"}),
        (_no_courier_comes, {"courier-failing", "broken"}, {"acceptance", "unpaid"}),
    ],
)
def test_trouble_of_the_shop_makes_its_own_alarms_go_off(
    street: Street,
    capsys: pytest.CaptureFixture[str],
    trouble: Any,
    must: set[str],
    must_not: set[str],
) -> None:
    """Whose it is shows in which: the bank's, Stripe's, the kitchens', the couriers'."""
    watch = Watch(street, capsys)
    trouble(street)
    street.go(seconds=1_860, step=60)
    fired = {name.removeprefix("shop-") for name in watch.went_off() if name.startswith("shop-")}
    assert fired >= must
    assert fired & must_not == set()


def test_step_that_hangs_is_told(street: Street, capsys: pytest.CaptureFixture[str]) -> None:
    """Money that cannot be given back for an hour."""
    watch = Watch(street, capsys)
    paid = check_out(street, number=1)
    street.settle()
    street.world.shop.cancel(paid)
    street.world.stripe.faults.add("*", "rate_limited", times=10**6)
    street.go(seconds=4_500, step=300)
    assert "shop-steps-stuck" in watch.went_off()
    step = frozenset({("step", "pay")})
    assert len(samples(watch.lines)["StepsStuck", step]) == 1


def test_night_whose_orders_cannot_be_compared_is_noticed(
    street: Street, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What nobody can read counts as what differs, with its kind."""
    street.place("uber_eats", number=1)
    street.settle()
    watch = Watch(street, capsys)
    compare_today(street)
    assert "orders-differing" not in watch.went_off()
    street.world.uber.faults.add("GetOrder", "unreadable_reply", times=None)
    monkeypatch.setattr(Square, "orders_between", refused)
    compare_today(street)
    street.pass_time(seconds=3_600)
    assert "orders-differing" in watch.went_off()
    for kind in (Kind.PARTNER_UNREAD, Kind.KITCHEN_UNREAD):
        assert ("OrdersDiffering", frozenset({("kind", kind)})) in samples(watch.lines)


def refused(*_: Any) -> None:
    """Refuse to list orders, as to an app that an owner allows less than before."""
    raise PosRefused(Refusal(Reason.POS_NOT_READY, "no", detail="Square: HTTP 403"))


@pytest.mark.parametrize("name", sorted(ours()))
def test_alarm_reads_what_is_written(name: str) -> None:
    """Its metric is emitted under that very set of dimensions; periods are CloudWatch's."""
    assert NAMESPACE == OURS
    for source in sources(ours()[name]).values():
        metric = METRICS[source["MetricName"]]
        dimensions = tuple(one["Name"] for one in source.get("Dimensions", []))
        assert dimensions in metric.sets, (source["MetricName"], dimensions)
        assert source["Period"] % 60 == 0
        counts = metric.unit == "Count"
        assert counts == (source["Stat"] in ("Sum", "Maximum") and source["Stat"] != "Minimum"), (
            name
        )


def test_metrics_stay_affordable() -> None:
    """For fifty stores no more than the comment says; nobody's order is a dimension."""
    total = 0
    for metric in METRICS.values():
        for one in metric.sets:
            many = 1
            for dimension in one:
                many *= FIFTY[dimension]
            total += many
    assert total <= METRICS_OF_FIFTY_STORES, total


def test_lines_are_in_the_embedded_metric_format(
    long_street: Street, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the specification demands of a line, or CloudWatch passes over it in silence."""
    watch = Watch(long_street, capsys)
    for number, channel in enumerate(long_street.world.channels):
        long_street.place(channel, store=number % 3, number=number)
    long_street.settle()
    watch.went_off()
    assert len(watch.lines) > 10
    for line in watch.lines:
        assert isinstance(line["_aws"]["Timestamp"], int)
        for directive in line["_aws"]["CloudWatchMetrics"]:
            assert len(directive["Metrics"]) <= 100
            for names in directive["Dimensions"]:
                assert len(names) <= 30
                assert all(isinstance(line[name], str) and line[name] for name in names)
            for metric in directive["Metrics"]:
                assert isinstance(line[metric["Name"]], int | float)
                assert not isinstance(line[metric["Name"]], bool)
                assert metric["Unit"] == METRICS[metric["Name"]].unit
