"""Buckets as static websites, over HTTP as a browser asks for them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

pytestmark = pytest.mark.parametrize("aws", ["http"], indirect=True)
HOST = "site.s3-website.localhost.localstack.cloud"


class Site:
    """A public bucket and its website."""

    def __init__(self, aws: Any) -> None:
        self.s3 = aws.client("s3")
        self.url = self.s3.meta.endpoint_url
        self.s3.create_bucket(Bucket="site")
        self.s3.delete_public_access_block(Bucket="site")
        self.s3.put_bucket_policy(
            Bucket="site",
            Policy="""{"Statement": [{"Effect": "Allow", "Principal": "*",
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": ["arn:aws:s3:::site", "arn:aws:s3:::site/*"]}]}""",
        )

    def configure(self, **configuration: Any) -> None:
        self.s3.put_bucket_website(
            Bucket="site",
            WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}, **configuration},
        )

    def put(self, key: str, content: str, **settings: Any) -> None:
        self.s3.put_object(
            Bucket="site", Key=key, Body=content, ContentType="text/html", **settings
        )

    def ask(
        self, path: str, method: str = "GET", host: str = HOST, **headers: str
    ) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(
            method, f"{self.url}{path}", headers={"Host": host, **named}, allow_redirects=False
        )


@pytest.fixture
def site(aws: Any) -> Site:
    return Site(aws)


def place(response: requests.Response) -> tuple[int, str]:
    """The status, and where the reply leads on this site or another."""
    location = urlsplit(response.headers["location"])
    other = location.netloc not in ("", HOST)
    return response.status_code, location.geturl() if other else location.path


@pytest.mark.parametrize("host", [HOST, "site.s3-website-us-east-1.amazonaws.com"])
def test_documents_and_indexes_are_served(site: Site, host: str) -> None:
    """A document by its key, an index for a folder; conditions and ranges as of any object."""
    site.configure()
    site.put("index.html", "home")
    site.put("ü b/index.html", "folder")
    home = site.ask("/", host=host)
    assert (home.status_code, home.text, home.headers["content-type"]) == (200, "home", "text/html")
    assert site.ask("/index.html", host=host, If_None_Match=home.headers["etag"]).status_code == 304
    assert site.ask("/index.html", host=host, Range="bytes=1-2").text == "om"
    head = site.ask("/index.html", "HEAD", host=host)
    assert (head.text, head.headers["content-length"]) == ("", "4")
    assert place(site.ask("/%C3%BC%20b", host=host)) == (302, "/%C3%BC%20b/")
    assert site.ask("/%C3%BC%20b/", host=host).text == "folder"


def test_errors_are_pages(site: Site) -> None:
    """S3's own page, else the site's with the status of the error."""
    assert "<li>Code: NoSuchWebsiteConfiguration</li>" in site.ask("/").text
    assert "<li>BucketName: none</li>" in site.ask("/", host=HOST.replace("site", "none", 1)).text
    site.configure()
    missing = site.ask("/a&b/")
    assert missing.status_code == 404
    assert "<title>404 Not Found</title>" in missing.text
    assert "<li>Key: a&amp;b/index.html</li>" in missing.text
    site.configure(ErrorDocument={"Key": "error.html"})
    assert "Retrieve a Custom Error Document" in site.ask("/missing").text
    site.put("error.html", "sorry")
    page = site.ask("/missing", Range="bytes=0-1")
    assert (page.status_code, page.text) == (404, "sorry")
    posted = site.ask("/", "POST")
    assert (posted.status_code, "<li>Method: POST</li>" in posted.text) == (405, True)


def test_private_documents_are_not_served(site: Site) -> None:
    """A website shows what anybody may read, nothing else."""
    site.configure()
    site.put("index.html", "home")
    site.s3.delete_bucket_policy(Bucket="site")
    denied = site.ask("/")
    assert (denied.status_code, "<li>Code: AccessDenied</li>" in denied.text) == (403, True)


def test_redirects_of_objects_and_of_all_requests(site: Site) -> None:
    """An object may lead elsewhere; so may the whole site."""
    site.configure()
    site.put("old.html", "", WebsiteRedirectLocation="/new.html")
    assert place(site.ask("/old.html")) == (301, "/new.html")
    site.s3.put_bucket_website(
        Bucket="site",
        WebsiteConfiguration={
            "RedirectAllRequestsTo": {"HostName": "example.org", "Protocol": "https"}
        },
    )
    moved = site.ask("/a/b")
    assert (place(moved), moved.text) == ((301, "https://example.org/a/b"), "")


def test_routing_rules_in_their_order(site: Site) -> None:
    """By prefix before a document is looked for, by error after it; never for the root's index."""
    site.put("index.html", "home")
    site.configure(
        RoutingRules=[
            {
                "Condition": {"KeyPrefixEquals": "docs/"},
                "Redirect": {"ReplaceKeyPrefixWith": "documents/", "HttpRedirectCode": "307"},
            },
            {
                "Condition": {"KeyPrefixEquals": "flat/", "HttpErrorCodeReturnedEquals": ""},
                "Redirect": {"ReplaceKeyPrefixWith": ""},
            },
            {"Condition": {"KeyPrefixEquals": "index"}, "Redirect": {"HostName": "example.org"}},
            {
                "Condition": {"HttpErrorCodeReturnedEquals": "404", "KeyPrefixEquals": "shop/"},
                "Redirect": {"ReplaceKeyWith": "closed.html"},
            },
        ]
    )
    assert place(site.ask("/docs/a.html")) == (307, "/documents/a.html")
    assert place(site.ask("/flat/a.html")) == (301, "/a.html")
    assert place(site.ask("/index.html")) == (301, "http://example.org/index.html")
    assert site.ask("/").text == "home"
    assert place(site.ask("/shop/x")) == (301, "/closed.html")
    site.put("shop/x", "open")
    assert site.ask("/shop/x").text == "open"
    assert site.ask("/other").status_code == 404
