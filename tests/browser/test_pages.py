"""What pages can and cannot do to the ports, tried in a real Chromium."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

# Tries everything at once, waits until each attempt has ended or two seconds have passed, and
# reports what it could read.
ATTEMPTS = """
<body><script>
const results = {};
const attempts = [];
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
function attempt(name, work) {
  attempts.push(Promise.race([work(), wait(2000)]).then(
    (value) => { results[name] = value === undefined ? null : value },
    (error) => { results[name] = "error: " + error }));
}
function element(tag, fields) {
  return new Promise((done) => {
    const made = document.createElement(tag);
    made.onload = () => done(tag + " loaded");
    made.onerror = () => done(null);
    Object.assign(made, fields);
    document.body.append(made);
  });
}
function frame(src) {
  return new Promise((done) => {
    const made = document.createElement("iframe");
    made.onload = () => { try { done(made.contentDocument.body.innerHTML) } catch { done(null) } };
    made.src = src;
    document.body.append(made);
  });
}
function form(action, fields, encoding) {
  const target = "f" + Math.random();
  const made = document.createElement("form");
  Object.assign(made, {action, method: "POST", enctype: encoding, target});
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement("input");
    Object.assign(input, {name, value, type: "hidden"});
    made.append(input);
  }
  const into = document.createElement("iframe");
  into.name = target;
  document.body.append(into, made);
  return new Promise((done) => { into.onload = () => done(null); made.submit() });
}
async function read(url, options) {
  const reply = await fetch(url, options);
  return reply.type === "opaque" ? null : await reply.text();
}
function socket(url) {
  return new Promise((done) => {
    const made = new WebSocket(url);
    made.onopen = () => done("open");
    made.onerror = () => done(null);
  });
}
const work = (host, aws, app) => {
  const queue = "?Action=CreateQueue&QueueName=";
  attempt("img", () => element("img", {src: aws + "/" + queue + "img"}));
  attempt("img2", () => element("img",
    {referrerPolicy: "no-referrer", src: aws + "/" + queue + "hidden"}));
  attempt("script", () => element("script", {src: aws + "/_chalice_offline/journal"}));
  attempt("style", () => element("link",
    {rel: "stylesheet", href: app + "/style", referrerPolicy: "no-referrer"}));
  attempt("prefetch", () => element("link", {rel: "prefetch", href: aws + "/" + queue + "pre"}));
  attempt("iframe", () => frame(aws + "/_chalice_offline/journal"));
  attempt("iframe app", () => frame(app + "/frame"));
  attempt("form", () => form(aws + "/", {Action: "CreateQueue", QueueName: "form"},
    "application/x-www-form-urlencoded"));
  attempt("plain form", () => form(aws + "/2015-03-31/functions",
    {'{"FunctionName": "f", "x': '"}'}, "text/plain"));
  attempt("upload form", () => form(aws + "/bucket", {key: "k", file: "x"},
    "multipart/form-data"));
  attempt("app form", () => form(app + "/orders", {a: "b"}, "text/plain"));
  attempt("cors", () => read(aws + "/_chalice_offline/journal"));
  attempt("cors app", () => read(app + "/orders"));
  attempt("no-cors", () => read(aws + "/2015-03-31/functions", {mode: "no-cors", method: "POST",
    body: '{"FunctionName": "f"}'}));
  attempt("preflight", () => read(aws + "/", {method: "POST", body: "{}", headers:
    {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"}}));
  attempt("delete", () => read(app + "/orders/1", {method: "DELETE"}));
  attempt("beacon", async () => { navigator.sendBeacon(app + "/orders", "x"); return null });
  attempt("socket", () => socket(app.replace("http", "ws") + "/ws"));
  attempt("popup", async () => { window.open(aws + "/" + queue + "popup"); return null });
};
work(HOST, "http://HOST:AWS", "http://HOST:APP");
Promise.all(attempts).then(async () => {
  await wait(300);
  await fetch("/report", {method: "POST", body: JSON.stringify(results)});
});
</script></body>
"""


def attacks(doors: Any, host: str) -> str:
    page = ATTEMPTS.replace("work(HOST,", f'work("{host}",').replace("HOST", host)
    return page.replace("AWS", str(doors.aws_port)).replace("APP", str(doors.app_port))


@pytest.mark.parametrize(
    "target", ["127.0.0.1", "localhost", "evil.example", "localhost.localstack.cloud"]
)
def test_a_page_of_another_site_changes_and_reads_nothing(
    browser: Any, site: Any, doors: Any, target: str
) -> None:
    """Whatever the page tries: nothing arrives behind a door, nothing comes back.

    The name of the page's own site resolves to loopback here: that is DNS rebinding. To the last of
    these names browsers send no Sec-Fetch-Site, so that a page can hide where it comes from.
    """
    results = browser.visit(site, "evil.example", attacks(doors, target))
    assert len(results) == 19
    read = {name: value for name, value in results.items() if value and "error" not in value}
    # That something was loaded is all that a style sheet or frame of a refusal tells.
    assert read.keys() <= {"prefetch"}
    assert doors.calls() == []
    assert doors.app.asked == []


def test_a_sandboxed_page_has_no_origin_and_no_access(browser: Any, site: Any, doors: Any) -> None:
    """Its Origin is "null"."""
    inner = attacks(doors, "127.0.0.1").replace('"', "&quot;")
    outer = f"""<iframe sandbox="allow-scripts allow-forms" srcdoc="{inner}"></iframe><script>
    setTimeout(() => fetch("/report", {{method: "POST", body: "{{}}"}}), 4000)</script>"""
    browser.visit(site, "localhost", outer)
    assert doors.calls() == []
    assert doors.app.asked == []


OWN_PAGE = """
<script>
const get = (url, options) => fetch(url, options).then((r) => r.text()).catch(() => "refused");
Promise.all([
  get("http://localhost:APP/orders"),
  get("http://localhost:APP/orders", {method: "POST", body: "{}", headers:
    {"Content-Type": "application/json"}}),
  get("http://localhost:AWS/?Action=CreateQueue&QueueName=own", {mode: "no-cors"}),
  get("http://localhost:AWS/_chalice_offline/journal"),
]).then((all) => fetch("/report", {method: "POST", body: JSON.stringify(all)}));
</script>
"""


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_users_own_front_end_goes_on_working(
    browser: Any, site: Any, doors: Any, host: str
) -> None:
    """A page of another loopback port reads what CORS lets it read, and no console."""
    page = OWN_PAGE.replace("AWS", str(doors.aws_port)).replace("APP", str(doors.app_port))
    get, post, _, console = browser.visit(site, host, page)
    assert "secret of the app" in get
    assert "secret of the app" in post
    assert console == "refused"
    assert sorted(doors.app.asked) == ["GET /orders", "OPTIONS /orders", "POST /orders"]
    assert doors.calls() == ["sqs.CreateQueue"]


STORED = """
<script>
fetch("/_chalice_offline/journal").then((reply) => reply.text()).catch(() => "refused").then(
  (text) => fetch("http://127.0.0.1:SITE/report", {method: "POST", mode: "no-cors",
    body: JSON.stringify({origin: self.origin, text})}));
</script>
"""


def test_a_document_that_was_uploaded_is_no_page_of_the_console(
    browser: Any, site: Any, doors: Any
) -> None:
    """It is shown, and its script runs, but as one of an origin of its own."""
    s3 = boto3.session.Session().client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        endpoint_url=f"http://127.0.0.1:{doors.aws_port}",
    )
    page = STORED.replace("SITE", str(site.port))
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="page", Body=page.encode(), ContentType="text/html")
    url = s3.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "page"})
    report = browser.report_of(site, url)
    assert report == {"origin": "null", "text": "refused"}


def test_the_address_bar_goes_on_working(browser: Any, doors: Any) -> None:
    """Console, app and objects are opened as pages; an action that changes is not taken."""
    aws, app = f"http://localhost:{doors.aws_port}", f"http://127.0.0.1:{doors.app_port}"
    assert "secret of the app" in browser.open(f"{app}/orders")
    assert "[" in browser.open(f"{aws}/_chalice_offline/functions")
    assert "NoSuchBucket" in browser.open(f"{aws}/bucket/key")
    assert "curl" in browser.open(f"{aws}/?Action=CreateQueue&QueueName=typed")
    assert "sqs.CreateQueue" not in doors.calls()
