"""Links, forms, pages of other origins, and callers without credentials."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

BUCKET = "access"
pytestmark = pytest.mark.parametrize("aws", ["http"], indirect=True)


@pytest.fixture
def s3(aws: Any) -> Any:
    client = aws.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_object(Bucket=BUCKET, Key="k", Body=b"content")
    return client


def signer(aws: Any, s3: Any, version: str) -> Any:
    import boto3

    return boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        endpoint_url=s3.meta.endpoint_url,
        config=Config(signature_version=version),
    )


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_signed_links_work_until_they_expire(aws: Any, s3: Any, version: str) -> None:
    """By the emulator's clock, and only with the signature they were given."""
    link = signer(aws, s3, version).generate_presigned_url(
        "get_object", {"Bucket": BUCKET, "Key": "k"}, ExpiresIn=60
    )
    assert requests.get(link).content == b"content"
    forged = requests.get(link.replace("/k?", "/other?"))
    assert (forged.status_code, "SignatureDoesNotMatch" in forged.text) == (403, True)
    aws.advance(seconds=61)
    late = requests.get(link)
    assert (late.status_code, "Request has expired" in late.text) == (403, True)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_signed_link_for_a_write(aws: Any, s3: Any, version: str) -> None:
    """The method is part of what is signed."""
    link = signer(aws, s3, version).generate_presigned_url(
        "put_object", {"Bucket": BUCKET, "Key": "up load"}
    )
    assert requests.get(link).status_code == 403
    assert requests.put(link, data=b"new").status_code == 200
    assert s3.get_object(Bucket=BUCKET, Key="up load")["Body"].read() == b"new"


@pytest.mark.parametrize(
    ("version", "name", "wrong", "code"),
    [
        ("s3v4", "X-Amz-Date", "20261301T000000Z", "AuthorizationQueryParametersError"),
        ("s3v4", "X-Amz-Date", "20260101T000061Z", "AuthorizationQueryParametersError"),
        ("s3v4", "X-Amz-Expires", "\u00b2", "AuthorizationQueryParametersError"),
        ("s3", "Expires", "\u00b2", "AccessDenied"),
        ("s3", "Expires", "9" * 18, "SignatureDoesNotMatch"),
        ("s3", "Expires", "9" * 30, "AccessDenied"),
        ("s3", "Expires", "9" * 5000, "AccessDenied"),
        ("s3v4", "X-Amz-Expires", "9" * 5000, "AuthorizationQueryParametersError"),
    ],
)
def test_a_link_with_what_is_no_date_is_refused(
    aws: Any, s3: Any, version: str, name: str, wrong: str, code: str
) -> None:
    """A month 13, a digit that is none; with S3's word for it."""
    link = signer(aws, s3, version).generate_presigned_url(
        "get_object", {"Bucket": BUCKET, "Key": "k"}, ExpiresIn=60
    )
    address, _, query = link.partition("?")
    told = requests.get(address, params={**dict(parse_qsl(query)), name: wrong})
    assert (told.status_code // 100, f"<Code>{code}</Code>" in told.text) == (4, True)


def test_an_upload_says_how_long_it_is(aws: Any, s3: Any) -> None:
    """In chunks of HTTP's own it does not, nor without any field about it; nothing is written."""
    link = signer(aws, s3, "s3").generate_presigned_url(
        "put_object", {"Bucket": BUCKET, "Key": "n"}
    )
    streamed = requests.put(link, data=iter([b"new"]))
    assert (streamed.status_code, "<Header>Transfer-Encoding</Header>" in streamed.text) == (
        501, True
    )  # fmt: skip
    place = urlsplit(link)
    connection = HTTPConnection(str(place.hostname), place.port or 80)
    connection.putrequest("PUT", f"{place.path}?{place.query}")
    connection.endheaders()
    reply = connection.getresponse()
    assert (reply.status, b"MissingContentLength" in reply.read()) == (411, True)
    connection.close()
    assert "n" not in [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]


@pytest.mark.parametrize("operation", ["get_object", "head_object"])
def test_a_read_does_not_say_how_to_encrypt(aws: Any, s3: Any, operation: str) -> None:
    """The field belongs to writes; "GetObject" and "HeadObject" answer 400."""

    def ask(request: Any, **_kwargs: Any) -> None:
        request.headers["x-amz-server-side-encryption"] = "AES256"

    s3.meta.events.register("before-sign.s3", ask)
    with pytest.raises(ClientError) as refused:
        getattr(s3, operation)(Bucket=BUCKET, Key="k")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_callers_without_credentials_need_a_policy(aws: Any, s3: Any) -> None:
    """New buckets are private; a policy may open them once public policies are not blocked."""
    url = f"{s3.meta.endpoint_url}/{BUCKET}/k"
    assert requests.get(url).status_code == 403
    s3.delete_public_access_block(Bucket=BUCKET)
    s3.put_bucket_policy(
        Bucket=BUCKET,
        Policy=f"""{{"Statement": [{{"Effect": "Allow", "Principal": "*",
            "Action": "s3:GetObject", "Resource": "arn:aws:s3:::{BUCKET}/*"}}]}}""",
    )
    assert requests.get(url).content == b"content"
    assert requests.delete(url).status_code == 403


def test_other_accounts_need_a_policy(aws: Any, s3: Any) -> None:
    """AccessDenied, and nothing changes."""
    other = aws.client("s3", account="111111111111")
    with pytest.raises(other.exceptions.ClientError, match="AccessDenied"):
        other.delete_object(Bucket=BUCKET, Key="k")
    assert s3.head_object(Bucket=BUCKET, Key="k")["ContentLength"] == 7


def post(form: dict[str, Any], content: bytes, **fields: str) -> requests.Response:
    files = {"file": ("menu.json", content)}
    return requests.post(
        form["url"], data={**form["fields"], **fields}, files=files, allow_redirects=False
    )


def test_form_upload_takes_the_name_of_the_file(s3: Any) -> None:
    """`${filename}` stands for it; 201 answers with a document."""
    form = s3.generate_presigned_post(
        BUCKET,
        "up/${filename}",
        Fields={"success_action_status": "201"},
        Conditions=[{"success_action_status": "201"}],
    )
    reply = post(form, b"menu")
    assert (reply.status_code, "<Key>up/menu.json</Key>" in reply.text) == (201, True)
    assert s3.get_object(Bucket=BUCKET, Key="up/menu.json")["Body"].read() == b"menu"


def test_every_field_of_a_form_has_the_name_without_its_path(s3: Any) -> None:
    """What a policy asks of a field is asked of what it became; a file without a name has ""."""
    form = s3.generate_presigned_post(
        BUCKET,
        "up/${filename}",
        Fields={"x-amz-meta-name": "${filename}"},
        Conditions=[["starts-with", "$x-amz-meta-name", "menu"]],
    )
    for path in ("C:\\menus\\menu.json", "menus/menu.json", "menu.json"):
        files = {"file": (path, b"menu")}
        assert requests.post(form["url"], data=form["fields"], files=files).status_code == 204
        head = s3.head_object(Bucket=BUCKET, Key="up/menu.json")
        assert head["Metadata"] == {"name": "menu.json"}
        s3.delete_object(Bucket=BUCKET, Key="up/menu.json")
    refused = requests.post(form["url"], data=form["fields"], files={"file": ("other", b"menu")})
    assert (refused.status_code, "Policy Condition failed" in refused.text) == (403, True)


def test_form_policy_is_enforced(aws: Any, s3: Any) -> None:
    """Size, fields that are not listed, and the expiry; nothing is stored."""
    form = s3.generate_presigned_post(
        BUCKET, "form", Conditions=[["content-length-range", 2, 4]], ExpiresIn=60
    )
    assert "EntityTooLarge" in post(form, b"12345").text
    assert "EntityTooSmall" in post(form, b"1").text
    assert "Extra input fields: acl" in post(form, b"123", acl="private").text
    forged = {**form, "fields": {**form["fields"], "key": "elsewhere"}}
    assert "Policy Condition failed" in post(forged, b"123").text
    aws.advance(seconds=61)
    assert "Policy expired" in post(form, b"123").text
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["k"]


def test_form_upload_may_redirect(s3: Any) -> None:
    """303 to where the form says, with bucket, key and ETag."""
    target = "http://localhost/done"
    form = s3.generate_presigned_post(
        BUCKET,
        "form",
        Fields={"success_action_redirect": target},
        Conditions=[{"success_action_redirect": target}],
    )
    reply = post(form, b"1")
    assert reply.status_code == 303
    told = parse_qs(urlsplit(reply.headers["location"]).query)
    assert (told["bucket"], told["key"]) == ([BUCKET], ["form"])


def test_cors_rules_answer_preflights_and_requests(aws: Any, s3: Any) -> None:
    """Only what a rule names is allowed; a reply says so to the page that asked."""
    url = f"{s3.meta.endpoint_url}/{BUCKET}/k"
    asks = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "PUT"}
    assert requests.options(url, headers=asks).status_code == 403
    s3.put_bucket_cors(
        Bucket=BUCKET,
        CORSConfiguration={
            "CORSRules": [
                {
                    "AllowedMethods": ["PUT", "GET"],
                    "AllowedOrigins": ["http://localhost:*"],
                    "AllowedHeaders": ["x-amz-*"],
                    "MaxAgeSeconds": 60,
                }
            ]
        },
    )
    wanted = {**asks, "Access-Control-Request-Headers": "x-amz-date"}
    allowed = requests.options(url, headers=wanted)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert allowed.headers["access-control-allow-headers"] == "x-amz-date"
    refused = requests.options(url, headers={**wanted, "Access-Control-Request-Method": "DELETE"})
    assert refused.status_code == 403
    link = s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "k"})
    reply = requests.get(link, headers={"Origin": "http://localhost:3000"})
    assert reply.headers["access-control-allow-origin"] == "http://localhost:3000"
