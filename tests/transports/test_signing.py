"""What a client signs while its requests are answered in this process."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError

from chalice_offline.composition import compose
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.in_process import InProcessDoor

if TYPE_CHECKING:
    from collections.abc import Iterator

WHOLE = re.compile(r"(?<=Signature=)[0-9a-f]{64}\b")


@contextmanager
def a_door() -> Iterator[None]:
    door = InProcessDoor(Gateway(compose(VirtualDriver())))
    door.open()
    try:
        yield
    finally:
        door.close()


def client(service: str, **settings: Any) -> Any:
    keys = {"aws_access_key_id": "AKIDCALLER", "aws_secret_access_key": "b"}
    return boto3.session.Session().client(
        service, **({"region_name": "eu-west-1"} | keys | settings)
    )


def sent(caller: Any, call: Any) -> dict[str, str]:
    """Return the headers of the request that a call makes; it is answered on the spot."""
    taken: list[dict[str, str]] = []

    def take(request: Any, **_: Any) -> Any:
        taken.append(
            {
                name: text.decode() if isinstance(text, bytes) else str(text)
                for name, text in request.headers.items()
            }
        )
        reply: Any = AWSResponse
        return reply(request.url, 200, {}, _Nothing())

    caller.meta.events.register("before-send", take)
    call(caller)
    return taken[0]


class _Nothing:
    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield b""


CALLS = [
    ("sqs", lambda sqs: sqs.list_queues()),
    ("dynamodb", lambda dynamodb: dynamodb.list_tables()),
    ("s3", lambda s3: s3.put_object(Bucket="bucket", Key="key", Body=b"tea")),
]


@pytest.mark.parametrize(("service", "call"), CALLS)
def test_a_call_names_its_caller_and_is_not_hashed(service: str, call: Any) -> None:
    """Key, region and service stand where they always stand; the hash is what costs."""
    with a_door():
        headers = sent(client(service), call)
    scope = rf"Credential=AKIDCALLER/\d{{8}}/eu-west-1/{service}/aws4_request"
    assert re.search(scope, headers["Authorization"])
    assert not WHOLE.search(headers["Authorization"])


@pytest.mark.parametrize(("service", "call"), CALLS)
def test_everything_else_is_sent_as_ever(service: str, call: Any) -> None:
    """The same headers as without a door: dates, tokens, S3's word on its payload."""
    token = {"aws_session_token": "of a role"}
    with a_door():
        ours = sent(client(service, **token), call)
    whole = sent(client(service, **token), call)
    differ = {"Authorization", "X-Amz-Date", "amz-sdk-invocation-id"}
    assert set(ours) == set(whole)
    assert WHOLE.search(whole["Authorization"])
    assert {n: t for n, t in ours.items() if n not in differ} == {
        n: t for n, t in whole.items() if n not in differ
    }
    assert re.fullmatch(r"\d{8}T\d{6}Z", ours["X-Amz-Date"])


def test_without_credentials_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore's own error, as on AWS."""
    nobody = client("sqs", aws_access_key_id=None, aws_secret_access_key=None)
    monkeypatch.setattr(nobody._request_signer, "_credentials", None)
    with a_door(), pytest.raises(NoCredentialsError):
        nobody.list_queues()


def test_links_are_signed_whole() -> None:
    """They leave the process, and S3 verifies them."""
    link = {"ClientMethod": "get_object", "Params": {"Bucket": "bucket", "Key": "key"}}
    with a_door():
        s3 = client("s3", config=boto3.session.Config(signature_version="s3v4"))
        assert re.search(r"X-Amz-Signature=[0-9a-f]{64}$", s3.generate_presigned_url(**link))
        form = s3.generate_presigned_post("bucket", "key")
    assert re.fullmatch(r"[0-9a-f]{64}", form["fields"]["x-amz-signature"])


def test_what_code_signs_by_itself_is_signed_whole() -> None:
    """It may be sent anywhere: an API behind IAM, another company's."""
    request = AWSRequest("GET", "https://api.example.com/orders")
    with a_door():
        SigV4Auth(Credentials("a", "b"), "execute-api", "eu-west-1").add_auth(request)
    assert WHOLE.search(request.headers["Authorization"])
