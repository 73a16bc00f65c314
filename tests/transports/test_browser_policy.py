"""Which requests a door lets in, by what programs and real browsers send."""

from __future__ import annotations

import itertools

import pytest

from chalice_offline.composition import compose
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.transports.browser_policy import (
    RULES,
    Act,
    Area,
    BrowserPolicy,
    Facts,
    Host,
    Sender,
)
from chalice_offline.transports.gateway import Gateway

AWS, APP, CONSOLE = Area.AWS, Area.APP, Area.CONSOLE
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36"


def refused(
    area: Area = AWS,
    method: str = "POST",
    path: str = "/",
    query: str = "",
    policy: BrowserPolicy | None = None,
    **headers: str,
) -> int:
    """Return the status of the refusal, 0 when the request may come in."""
    fields = {"host": "localhost:4566"} | {
        name.replace("_", "-").lower(): value for name, value in headers.items()
    }
    refusal = (policy or BrowserPolicy("127.0.0.1")).refusal(method, path, query, fields, area)
    return refusal.status if refusal else 0


def browser(site: str, origin: str = "", **headers: str) -> dict[str, str]:
    """Return what a browser of today sends to a host it trusts, as loopback is."""
    sent = {"User_Agent": CHROME, "Sec_Fetch_Site": site} | headers
    return sent | ({"Origin": origin} if origin else {})


PROGRAMS = {
    "boto3": {"User_Agent": "Boto3/1.40 md/Botocore#1.40", "Authorization": "AWS4-HMAC-SHA256 x"},
    "curl": {"User_Agent": "curl/8.5.0", "Accept": "*/*"},
    "terraform": {"User_Agent": "APN/1.0 HashiCorp/1.0 Terraform/1.9"},
    "api client": {"User_Agent": "PostmanRuntime/7.40", "Cache_Control": "no-cache"},
    "powershell": {"User_Agent": "Mozilla/5.0 (Windows NT; Windows NT 10.0) WindowsPowerShell/5.1"},
    "nothing": {},
}


@pytest.mark.parametrize("area", [AWS, APP])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_are_let_in(name: str, method: str, area: Area) -> None:
    """What sends neither Origin nor Sec-Fetch-Site nor Referer is no page."""
    assert not refused(area, method, **PROGRAMS[name])


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "LOCALHOST:4566", "localhost.:4566", "127.0.0.1:4566", "127.8.9.1", "[::1]:80",
        "[::ffff:127.0.0.1]:80", "bucket.localhost:4566", "bucket.s3.localhost.localstack.cloud:1",
        "localhost.localstack.cloud", "sqs.us-east-1.amazonaws.com", "sns.us-east-1.api.aws", "",
    ],
)  # fmt: skip
def test_names_of_this_machine_and_of_aws_are_answered_to_programs(host: str) -> None:
    """What awslocal, boto3 and a hosts file use."""
    assert not refused(Host=host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:4566", "127.0.0.1.nip.io", "localhost.evil.example",
        "notlocalhost", "amazonaws.com.evil.example", "evilamazonaws.com", "0.0.0.0:4566", "[::]:1",
        "192.168.1.7:4566", "2130706433", "127.1", "xlocalhost.localstack.cloud",
    ],
)  # fmt: skip
@pytest.mark.parametrize("area", list(Area))
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_other_names_are_refused_to_everybody(host: str, area: Area, method: str) -> None:
    """DNS rebinding: the attacker's page is then of the same origin as the door."""
    assert refused(area, method, Host=host) == 403
    assert refused(area, method, Host=host, **browser("same-origin", f"http://{host}")) == 403
    assert refused(area, method, Host=host, **browser("none")) == 403


@pytest.mark.parametrize(
    "host", ["[::1", "[::1]x", "a b", "local host", "localhost:http", "a@b", "::1", "[]", "\xe9.de"]
)
def test_what_is_no_host_is_a_bad_request(host: str) -> None:
    """Never a traceback, and never read as some other host."""
    assert refused(Host=host) == 400


FOREIGN = [
    "https://evil.example", "http://evil.example:4566", "http://localhost.evil.example", "null", "",
    "http://localhost@evil.example", "chrome-extension://abcdef", "file://", "http://[::1",
    "http://localhost:4566, http://evil.example", "https://bucket.s3.amazonaws.com",
    "https://app.localstack.cloud", "http://x.localhost.localstack.cloud:4566", "http://10.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize("area", list(Area))
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS"])
def test_pages_of_other_sites_are_refused(origin: str, area: Area, method: str) -> None:
    """Forms, cors fetches, web sockets and preflights carry Origin, in old browsers as well."""
    assert refused(area, method, Origin=origin) == 403
    assert refused(area, method, Origin=origin, User_Agent=CHROME, Sec_Fetch_Site="cross-site")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "new-in-2030"])
@pytest.mark.parametrize("mode", ["no-cors", "navigate", "websocket", "cors"])
@pytest.mark.parametrize("area", list(Area))
def test_images_scripts_frames_and_links_of_other_sites_are_refused(
    site: str, mode: str, area: Area
) -> None:
    """A GET without cors carries no Origin; the browser says where it comes from all the same."""
    for referer in ({}, {"Referer": "https://evil.example/page"}):
        sent = browser(site, Sec_Fetch_Mode=mode, **referer)
        host = "localhost:4566" if site != "same-site" else "localhost.localstack.cloud"
        assert refused(area, "GET", Host=host, **sent) == 403


def test_old_browsers_are_known_by_their_referer() -> None:
    """Without Sec-Fetch-Site the page is named by Referer."""
    assert refused(method="GET", User_Agent=CHROME, Referer="https://evil.example/") == 403
    assert not refused(method="GET", User_Agent=CHROME, Referer="http://localhost:4566/bucket")


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:3000", "http://127.0.0.1:5173", "https://localhost:8443",
        "http://[::1]:3000", "http://shop.localhost:3000",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS"])
def test_the_users_own_front_end_may_call_aws_and_the_app(origin: str, method: str) -> None:
    """Whether its page may read the reply is then for CORS to say: the app's, or the bucket's."""
    for site in ("same-site", "cross-site"):
        assert not refused(AWS, method, **browser(site, origin))
        assert not refused(APP, method, **browser(site, origin))
        assert refused(AWS, method, "/_chalice_offline/journal", **browser(site, origin)) == 403


def test_pictures_of_a_bucket_show_on_the_users_own_front_end() -> None:
    """An img of another loopback name carries no Origin, but a Referer."""
    url = "http://localhost:3000/"
    assert not refused(method="GET", path="/bucket/a.png", **browser("cross-site", Referer=url))
    assert not refused(method="GET", path="/bucket/a.png", **browser("same-site"))


def test_the_console_is_for_its_own_pages_and_the_address_bar() -> None:
    """Journal and traces hold what the app handled."""
    path = "/_chalice_offline/journal"
    assert not refused(method="GET", path=path, **browser("none", Sec_Fetch_Mode="navigate"))
    assert not refused(method="GET", path=path, **browser("same-origin"))
    assert not refused(method="POST", path=path, **browser("same-origin", "http://localhost:4566"))
    assert not refused(method="GET", path=path, **PROGRAMS["curl"])
    assert refused(method="GET", path=path, **browser("same-site")) == 403
    assert refused(method="GET", path=path, User_Agent=CHROME) == 403
    assert refused(method="GET", path=path, Host="b.localhost", **browser("same-origin")) == 403
    assert not refused(method="GET", path="/_chalice_offlines", **browser("same-site"))


def test_urls_are_opened_from_the_address_bar() -> None:
    """A presigned URL from the terminal, a page of the app, a subscriber's link; no change."""
    person = browser("none", Sec_Fetch_Mode="navigate")
    signed = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=abc"
    assert not refused(method="GET", path="/bucket/key", query=signed, **person)
    assert not refused(APP, "GET", "/orders", **person)
    assert not refused(method="GET", query="Action=ListQueues", **person)
    assert not refused(method="GET", query="Action=ConfirmSubscription&Token=1", **person)
    for query in ("Action=PurgeQueue", "Action=GetQueueUrl&Action=DeleteQueue", "%41ction=Purge"):
        assert refused(method="GET", path="/1/q", query=query, **person) == 403
        assert refused(method="GET", query=f"{query}&X-Amz-Signature=1", **person) == 403
        assert refused(method="GET", path="/1/q", query=query, User_Agent=CHROME) == 403
        assert not refused(method="GET", path="/1/q", query=query, **PROGRAMS["curl"])


def test_a_host_on_which_browsers_keep_silent_gives_objects_and_nothing_else() -> None:
    """To plain http on a public name browsers send no Sec-Fetch-Site, whoever asks."""
    silent = {"User_Agent": CHROME}
    bucket = "bucket.s3.localhost.localstack.cloud:4566"
    assert not refused(method="GET", path="/key", Host=bucket, **silent)
    assert refused(method="GET", path="/key", query="Action=Purge", Host=bucket, **silent) == 403
    assert refused(method="GET", Host="x.execute-api.localhost.localstack.cloud", **silent) == 403
    assert refused(APP, "GET", Host="localhost.localstack.cloud:8000", **silent) == 403


def test_a_function_url_is_a_route_of_the_app_and_never_the_console() -> None:
    """On the AWS port its host is the app's: any query, no console; other sites stay out."""
    host = "0a1b.lambda-url.us-east-1.localhost:4566"
    person = browser("none", Host=host)
    assert not refused(AWS, "GET", "/", "Action=CreateQueue", **person)
    assert not refused(AWS, "GET", "/_chalice_offline/", **person)
    assert refused(AWS, "GET", **browser("cross-site", Host=host)) == 403
    gateway = Gateway(compose(VirtualDriver()))
    page = HttpRequest("GET", f"http://{host}/_localstack/health", Headers([("Host", host)]))
    gateway.pages["/_chalice_offline/"] = lambda _request: HttpResponse(200)
    for path in ("/_localstack/health", "/_chalice_offline/"):
        reply = gateway.handle(page._replace(url=f"http://{host}{path}"))
        assert isinstance(reply, HttpResponse)
        assert reply.status == 403


def test_names_of_aws_are_for_programs() -> None:
    """Anybody can have a bucket with pages there, and a name server can be lied to."""
    for sent in ({"User_Agent": CHROME}, browser("same-origin"), browser("none")):
        assert refused(method="GET", Host="b.s3.amazonaws.com", **sent) == 403


def test_a_form_of_an_own_page_that_sends_no_referrer_is_let_in() -> None:
    """Its Origin is "null" then, but no page can write Sec-Fetch-Site."""
    assert not refused(APP, **browser("same-origin", "null"))
    assert refused(APP, **browser("none", "null")) == 403


def test_names_can_be_allowed() -> None:
    """A tunnel, a container's name, a front end with a name in the hosts file."""
    policy = BrowserPolicy("127.0.0.1", ["host.docker.internal", "*.shop.test", "Dev.Example."])
    for host in ("host.docker.internal:4566", "a.shop.test", "dev.example"):
        assert not refused(policy=policy, Host=host)
        assert not refused(policy=policy, **browser("cross-site", f"http://{host}"))
    assert refused(policy=policy, Host="shop.test.evil.example") == 403
    assert refused(policy=policy, Host="notshop.test") == 403


def test_beyond_loopback_any_address_in_numbers_is_answered_but_no_other_name() -> None:
    """Rebinding needs a name."""
    for bound in ("0.0.0.0", "::", ""):
        policy = BrowserPolicy(bound)
        assert not refused(policy=policy, Host="192.168.1.7:4566")
        assert not refused(policy=policy, Host="[fe80::1]:4566")
        assert refused(policy=policy, Host="evil.example") == 403
        assert refused(policy=policy, Host="0.0.0.0:4566") == 403
    assert not refused(policy=BrowserPolicy("192.168.1.7"), Host="192.168.1.7:4566")
    assert refused(policy=BrowserPolicy("192.168.1.7"), Host="192.168.1.8:4566") == 403


def test_a_refusal_says_what_to_do() -> None:
    """One sentence, with the option that lets an own page in."""
    sent = {"host": "localhost:8000", "origin": "https://shop.example"}
    refusal = BrowserPolicy().refusal("GET", "/", "", sent, APP)
    assert refusal is not None
    assert "--allow-host shop.example" in refusal.text
    assert refusal.origin == "https://shop.example"
    odd = BrowserPolicy().refusal("GET", "/", "", {"host": "{name}" + "x" * 9000}, APP)
    assert odd is not None
    assert len(odd.text) < 700


def test_the_table_lets_nobody_in_who_should_stay_out() -> None:
    """Every combination of facts, against the promises of docs/SECURITY.md."""
    for area, host, sender, act in itertools.product(Area, Host, Sender, Act):
        open_ = not any(rule.fits(Facts(area, host, sender, act)) for rule in RULES)
        page = sender in (Sender.OWN_PAGE, Sender.FOREIGN_PAGE, Sender.UNKNOWN_PAGE)
        if host in (Host.FOREIGN, Host.MALFORMED) or sender is Sender.FOREIGN_PAGE:
            assert not open_
        elif sender is Sender.PROGRAM:
            assert open_
        elif area is CONSOLE and page:
            assert not open_, "only programs and its own pages"
        elif sender is Sender.UNKNOWN_PAGE and act is Act.CHANGES and area is AWS:
            assert not open_
        elif sender in (Sender.SAME_ORIGIN, Sender.OWN_PAGE) and host is Host.LOOPBACK:
            assert open_
