"""Sellers connect their accounts, and stay connected."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from chalicelib import handlers
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.bootstrap import Services
from chalicelib.config import read_config
from chalicelib.domain.commands import KeepTokens
from chalicelib.domain.refusal import Reason
from chalicelib.ingest.webhooks import receive_from_pos
from chalicelib.pos.base import PosRefused
from chalicelib.sellers.base import NotConnected
from chalicelib.sellers.connect import connect, link
from chalicelib.sellers.groups import connect_group
from chalicelib.sellers.keep import SellersInDanger
from simulators.in_responses import mount
from simulators.menu import make_stores
from simulators.street import VENDORS_URL
from simulators.world import World
from tests.app.stand_ins import ENVIRONMENT, Bus, Clock, Crash, Steps, Tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.adapters.token_table import Token
    from chalicelib.channels.base import WebhookReply
    from simulators.timeline import OutgoingRequest

SQUARE, CLOVER = "MLLOCALSELLER", "MERCHANT00002"
DAY = 86_400


class Account:
    """The app, both vendors with OAuth, and owners who consent."""

    def __init__(self) -> None:
        self.clock, self.tokens, self.bus = Clock(), Tokens(), Bus(Steps())
        shops = make_stores(2, ["square", "clover"])
        self.webhooks: list[OutgoingRequest] = []
        self.world = World(now_ms=self.clock, send=self._send, stores=shops)
        self.square, self.clover = self.world.square.tokens, self.world.clover.tokens
        self.services = self.container()

    def _send(self, request: OutgoingRequest) -> int:
        self.webhooks.append(request)
        return 200

    def leave(self, vendor: str) -> OutgoingRequest:
        """Let the owner take the app out; return the webhook, which has not come yet."""
        if vendor == "square":
            self.world.square.disconnect()
        else:
            self.world.clover.uninstall(CLOVER)
        self.world.tick()
        return self.webhooks.pop()

    def hear(self, vendor: str, webhook: OutgoingRequest) -> int:
        """Let the vendor's webhook come."""
        headers = {name.lower(): value for name, value in webhook.headers.items()}
        return receive_from_pos(self.services, vendor, headers, webhook.body).status

    def grants(self, vendor: str) -> int:
        return self.square.grants if vendor == "square" else self.clover.refreshes

    def container(self) -> Services:
        """Another process of the same app."""
        return Services(
            read_config(ENVIRONMENT),
            self.clock,
            tokens=self.tokens,
            bus=self.bus,
            secrets=LocalSecrets(),
        )

    def state(self, vendor: str, seller: str = "") -> str:
        """Make a link, and return the state that is in it."""
        url = link(self.services, vendor, seller, f"nonce-{len(self.tokens.tokens)}")
        return parse_qs(urlsplit(url).query)["state"][0]

    def consent(self, vendor: str, seller: str, state: str) -> WebhookReply:
        """Let an owner consent; the browser brings the code back."""
        code = (self.square if vendor == "square" else self.clover).consent(seller)
        query = {"code": code, "state": state, "merchant_id": seller}
        return connect(self.services, vendor, query)

    def join(self, vendor: str, seller: str) -> None:
        assert self.consent(vendor, seller, self.state(vendor, seller)).status == 200

    def keep(self, *, days: float = 0, minutes: float = 0) -> None:
        """Let time pass, and the schedule run."""
        self.clock.advance(days * DAY + minutes * 60)
        handlers.handle(self.services, KeepTokens())

    def token(self, vendor: str, seller: str) -> Token:
        found = self.tokens.get(f"{vendor}/{seller}")
        assert found is not None
        return found


class LocalSecrets:
    """The secret of the local stage, as the template makes it."""

    def get(self) -> Any:
        import json
        from pathlib import Path

        from chalicelib.adapters.secrets import VendorSecrets

        template = json.loads((Path(__file__).parents[2] / ".chalice/resources.json").read_text())
        made = template["Resources"]["LocalVendorSecrets"]["Properties"]["SecretString"]
        return VendorSecrets(json.loads(made))

    def all(self) -> Any:
        from chalicelib.adapters.secrets import Secrets

        return Secrets(self.get())


@pytest.fixture
def account() -> Iterator[Account]:
    """Both vendors answer."""
    with answered() as made:
        yield made


@contextmanager
def answered() -> Iterator[Account]:
    made = Account()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as vendors:
        mount(vendors, VENDORS_URL, made.world)
        yield made


@pytest.mark.parametrize(("vendor", "seller"), [("square", SQUARE), ("clover", CLOVER)])
def test_an_owner_connects_with_a_link(account: Account, vendor: str, seller: str) -> None:
    """Tokens are kept under the seller's name, and the news is told."""
    account.join(vendor, seller)
    token = account.token(vendor, seller)
    assert token.access
    assert token.refresh
    assert account.bus.types() == ["seller.connected"]
    assert account.services.sellers[vendor].token(seller) == token.access


def test_a_link_is_for_one_connection_one_vendor_and_a_day(account: Account) -> None:
    """Forged, late, used twice, or from elsewhere: it opens nothing, and no code is redeemed."""
    state = account.state("square")
    forged = state[:-2] + ("AA" if state[-2:] != "AA" else "BB")
    for bad in ("", "x", forged, "é.ü", f"{state}.x", "A" * 5000):
        assert account.consent("square", SQUARE, bad).status == 403
    assert account.consent("clover", CLOVER, state).status == 403
    assert account.consent("square", SQUARE, state).status == 200
    assert account.consent("square", SQUARE, state).status == 403
    late = account.state("square")
    account.clock.advance(DAY)
    assert account.consent("square", SQUARE, late).status == 403
    assert account.square.grants == 1


def test_a_link_for_one_account_refuses_another(account: Account) -> None:
    """The wrong restaurant's tokens are not kept."""
    state = account.state("square", "ANOTHER")
    assert account.consent("square", SQUARE, state).status == 409
    assert account.tokens.get(f"square/{SQUARE}") is None
    assert account.tokens.get("square/ANOTHER") is None


def test_a_clover_token_is_kept_only_under_the_merchant_that_it_opens(account: Account) -> None:
    """The browser names the merchant, and a browser says what it is told to."""
    code, state = account.clover.consent(CLOVER), account.state("clover")
    query = {"code": code, "state": state, "merchant_id": "MERCHANT99999"}
    assert connect(account.services, "clover", query).status == 400
    assert not [name for name in account.tokens.tokens if name.startswith("clover/")]


def test_a_refused_or_failed_consent_leaves_the_link_good(account: Account) -> None:
    """The owner said no, the code was stale, the vendor was down: once more, then."""
    state = account.state("square")
    query = {"error": "access_denied", "state": state}
    assert connect(account.services, "square", query).status == 400
    assert connect(account.services, "square", {"state": state, "code": "stale"}).status == 400
    account.world.square.faults.add("ObtainToken", "error_before_commit", times=1)
    assert account.consent("square", SQUARE, state).status == 503
    assert account.consent("square", SQUARE, state).status == 200
    assert connect(account.services, "toast", query).status == 404


def test_what_came_in_is_never_on_the_page(account: Account) -> None:
    """A link to us must not run somebody's script."""
    script = "<script>x</script>"
    query = {"error": script, "error_description": script, "state": account.state("square")}
    for vendor in ("square", script):
        assert "script" not in connect(account.services, vendor, query).body


def test_squares_tokens_are_renewed_every_week(account: Account) -> None:
    """A year goes by, and no order ever had to wait for a token."""
    account.join("square", SQUARE)
    for _ in range(365):
        account.keep(days=1)
        assert account.token("square", SQUARE).ends_ms - account.clock() > 22 * DAY * 1000
    assert 50 <= account.square.grants <= 56


def test_clovers_tokens_are_renewed_at_half_their_life(account: Account) -> None:
    """Each refresh token works once; the next one is always kept."""
    account.join("clover", CLOVER)
    for _ in range(100):
        account.keep(minutes=5)
        assert account.token("clover", CLOVER).ends_ms - account.clock() >= 10 * 60_000
    assert 30 <= account.clover.refreshes <= 35


def test_a_token_taken_back_is_renewed_once_for_all_containers(account: Account) -> None:
    """130 containers hold it, and each of them sees a 401."""
    account.join("square", SQUARE)
    fleet = [account.container().sellers["square"] for _ in range(130)]
    (old,) = {container.token(SQUARE) for container in fleet}
    account.square.end_access(SQUARE)
    before = account.square.grants
    renewed = {container.renewed(SQUARE, old) for container in fleet}
    assert len(renewed) == 1
    assert old not in renewed
    assert account.square.grants == before + 1


def test_a_lost_refresh_costs_square_nothing(account: Account, monkeypatch: Any) -> None:
    """The function died between Square's answer and our write: the token works again."""
    account.join("square", SQUARE)
    _die_before_the_write(account, monkeypatch, days=8)
    account.keep(minutes=5)
    assert account.token("square", SQUARE).granted_ms == account.clock()


def test_a_lost_refresh_at_clover_is_told_at_once_and_mended_by_a_link(
    account: Account, monkeypatch: Any
) -> None:
    """Until then orders go on with the access token that is still good."""
    account.join("clover", CLOVER)
    access = account.token("clover", CLOVER).access
    _die_before_the_write(account, monkeypatch, minutes=16)
    assert account.container().sellers["clover"].token(CLOVER) == access
    with pytest.raises(SellersInDanger, match=f"clover/{CLOVER}"):
        account.keep(minutes=5)
    assert account.container().sellers["clover"].token(CLOVER) == access
    (told,) = [event for event in account.bus.events if event.type == "seller.disconnected"]
    assert "lost" in told.data["why"]
    with pytest.raises(SellersInDanger):
        account.keep(minutes=5)
    for _ in range(20):  # it is asked for again and again, and told once
        with pytest.raises(SellersInDanger):
            account.keep(minutes=10)
    assert account.bus.types().count("seller.disconnected") == 1
    account.join("clover", CLOVER)
    account.keep(minutes=16)
    assert account.container().sellers["clover"].token(CLOVER) != access


def _die_before_the_write(account: Account, monkeypatch: Any, **passed: float) -> None:
    def die(*_: Any) -> bool:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(account.tokens, "replace", die)
        with pytest.raises(Crash):
            account.keep(**passed)


def test_a_table_that_fails_for_a_moment_does_not_cost_the_refresh_token(
    account: Account, monkeypatch: Any
) -> None:
    """It is written again: it is all there is."""
    from chalicelib.adapters.errors import AwsUnavailable

    account.join("clover", CLOVER)
    write, failures = account.tokens.replace, iter(range(3))

    def flaky(*arguments: Any) -> bool:
        if next(failures, None) is not None:
            raise AwsUnavailable("PutItem: throttled")
        return write(*arguments)

    monkeypatch.setattr(account.tokens, "replace", flaky)
    account.keep(minutes=16)
    account.keep(minutes=16)
    assert account.clover.refreshes == 2


def test_a_seller_who_left_is_told_once_a_day_and_refused(account: Account) -> None:
    """Others are renewed all the same."""
    account.join("clover", CLOVER)
    account.join("square", SQUARE)
    account.clover.revoke(CLOVER)
    for _ in range(3):
        with pytest.raises(SellersInDanger, match=r"^clover/MERCHANT00002$"):
            account.keep(days=8)
    assert account.square.grants == 4
    assert account.bus.types().count("seller.disconnected") == 3
    account.clock.advance(600)
    with pytest.raises(PosRefused, match="has to connect its account again"):
        account.container().sellers["clover"].token(CLOVER)


BOTH = pytest.mark.parametrize(("vendor", "seller"), [("square", SQUARE), ("clover", CLOVER)])


@BOTH
def test_an_owner_who_takes_the_app_out_is_refused_at_once(
    account: Account, vendor: str, seller: str
) -> None:
    """In every container, also one that holds the token; staff hear of it; nobody asks again."""
    account.join(vendor, seller)
    warm = account.services.sellers[vendor]
    access = warm.token(seller)
    assert account.hear(vendor, account.leave(vendor)) == 200
    grants = account.grants(vendor)
    (told,) = [event for event in account.bus.events if event.type == "seller.disconnected"]
    assert told.data["sellerId"] == seller
    assert "taken the app out" in told.data["why"]
    for _ in range(3):
        for ask in (
            lambda: warm.renewed(seller, access),
            lambda: account.container().sellers[vendor].token(seller),
        ):
            with pytest.raises(PosRefused) as refused:
                ask()
            assert refused.value.refusal.reason is Reason.POS_NOT_READY
            assert "taken the app out" in refused.value.refusal.detail
        with pytest.raises(SellersInDanger):
            account.keep(days=40)
    assert account.grants(vendor) == grants
    account.join(vendor, seller)
    assert account.container().sellers[vendor].token(seller) == account.token(vendor, seller).access


@BOTH
def test_a_late_or_repeated_word_of_leaving_changes_nothing(
    account: Account, vendor: str, seller: str
) -> None:
    """Staff are told once; who has connected anew since stays connected."""
    account.join(vendor, seller)
    webhook = account.leave(vendor)
    assert [account.hear(vendor, webhook) for _ in range(2)] == [200, 200]
    with pytest.raises(SellersInDanger):
        account.keep(minutes=1)  # the same day
    assert account.bus.types().count("seller.disconnected") == 1
    account.join(vendor, seller)
    access = account.token(vendor, seller).access
    assert account.hear(vendor, webhook) == 200
    assert account.container().sellers[vendor].token(seller) == access


@BOTH
def test_leaving_that_could_not_be_told_is_told_when_the_vendor_says_it_again(
    account: Account, monkeypatch: Any, vendor: str, seller: str
) -> None:
    """The seller is refused all the same."""
    account.join(vendor, seller)
    webhook = account.leave(vendor)
    with monkeypatch.context() as patch:
        patch.setattr(account.bus, "publish", _throttled)
        assert account.hear(vendor, webhook) == 503
    with pytest.raises(PosRefused):
        account.container().sellers[vendor].token(seller)
    assert account.hear(vendor, webhook) == 200
    assert account.bus.types().count("seller.disconnected") == 1


def _throttled(*_: Any) -> None:
    raise AwsUnavailable("ThrottlingException")


@BOTH
def test_leaving_while_a_token_is_renewed_wins(
    account: Account, monkeypatch: Any, vendor: str, seller: str
) -> None:
    """What is granted in the last moment is dropped, and not used."""
    account.join(vendor, seller)
    old = account.token(vendor, seller)
    sellers = account.services.sellers[vendor]
    refresh = sellers.oauth.refresh

    def overtaken(token: str) -> Any:
        grant = refresh(token)
        assert account.hear(vendor, account.leave(vendor)) == 200
        return grant

    monkeypatch.setattr(sellers.oauth, "refresh", overtaken)
    account.clock.advance(60)
    with pytest.raises(PosRefused, match="taken the app out"):
        sellers.renewed(seller, old.access)
    assert account.token(vendor, seller).revoked_ms


GROUP = ["group-client", "group-secret"]


def test_a_groups_credentials_are_tried_kept_and_renewed_when_their_token_ends(
    account: Account,
) -> None:
    """Once a day, as Toast wants it, however often the schedule runs; no alarm meanwhile."""
    account.world.toast.add_client(*GROUP, {"somewhere"})
    assert connect_group(account.services, "golden", GROUP) == ""
    assert account.bus.types() == ["seller.connected"]
    access = account.token("toast", "golden").access
    for _ in range(4):
        account.keep(minutes=350)
    assert account.world.toast.logins == 1
    assert account.container().sellers["toast"].token("golden") == access
    account.keep(minutes=45)
    assert account.world.toast.logins == 2
    assert account.container().sellers["toast"].token("golden") != access


def test_a_group_whose_credentials_stop_working_is_told_and_refused(account: Account) -> None:
    """A pair that opens nothing is not kept in the first place; a new pair mends it."""
    account.world.toast.add_client(*GROUP, {"somewhere"})
    for group, lines in (("golden", ["group-client", "wrong"]), ("golden", GROUP[:1]), ("", GROUP)):
        assert connect_group(account.services, group, lines)
    assert account.tokens.tokens == {}
    assert connect_group(account.services, "golden", GROUP) == ""
    account.world.toast.remove_client(GROUP[0])
    with pytest.raises(SellersInDanger, match="toast/golden"):
        account.keep(days=1.1)
    assert "seller.disconnected" in account.bus.types()
    account.clock.advance(600)
    with pytest.raises(PosRefused, match="toast/golden has to connect"):
        account.container().sellers["toast"].token("golden")
    account.world.toast.add_client("new-client", "new-secret", {"somewhere"})
    assert connect_group(account.services, "golden", ["new-client", "", " new-secret "]) == ""
    assert account.container().sellers["toast"].token("golden")
    account.keep(minutes=5)


def test_toast_has_no_page_to_connect_on(account: Account) -> None:
    """A link cannot be made, and a browser that comes all the same finds nothing."""
    with pytest.raises(NotConnected):
        link(account.services, "toast", "golden", "nonce")
    assert connect(account.services, "toast", {"code": "x", "state": "y"}).status == 404


def test_sellers_that_nobody_knows_may_leave(account: Account) -> None:
    """Of Square's own account, and of a merchant who never connected."""
    for vendor in ("square", "clover"):
        assert account.hear(vendor, account.leave(vendor)) == 200
    assert account.tokens.tokens == {}
    assert account.bus.types() == []


def test_a_vendor_that_is_down_for_weeks_is_an_alarm_before_the_token_ends(
    account: Account,
) -> None:
    """And orders go on till its last minutes."""
    account.join("square", SQUARE)
    access = account.token("square", SQUARE).access
    account.world.square.faults.add("ObtainToken", "error_before_commit", times=10_000)
    for _ in range(24):
        if account.clock() < account.token("square", SQUARE).granted_ms + 23 * DAY * 1000:
            account.keep(days=1)
    with pytest.raises(SellersInDanger):
        account.keep(days=1.5)
    assert account.bus.types().count("seller.expiring") == 1
    assert account.container().sellers["square"].token(SQUARE) == access
    account.world.square.faults.clear()
    account.keep(days=1)
    assert account.token("square", SQUARE).access != access


def test_a_refresh_that_comes_late_does_not_overwrite_a_new_connection(account: Account) -> None:
    """The owner connected anew while it was under way: that pair is the one that counts."""
    account.join("clover", CLOVER)
    oauth = account.services.sellers["clover"].oauth
    refresh = oauth.refresh

    def slow(token: str) -> Any:
        grant = refresh(token)
        account.join("clover", CLOVER)
        return grant

    oauth.refresh = slow  # type: ignore[method-assign]
    account.keep(minutes=16)
    oauth.refresh = refresh  # type: ignore[method-assign]
    kept = account.token("clover", CLOVER).access
    assert account.container().sellers["clover"].token(CLOVER) == kept
    account.keep(minutes=16)
    assert account.clover.refreshes == 2
