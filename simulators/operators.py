"""Two operators with IAM users of their own, one of whom breaks the glass: for rehearsals."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from simulators.playground import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

Json = dict[str, Any]
SECONDS = 60
ASKS, DECIDES = "rehearsal-ann", "rehearsal-bob"


class GlassError(Exception):
    """A call about access did not do what it should; the text says what happened."""


class Operators:
    """Ann, who asks and looks, and Bob, who decides; by the deployed URL, with signed calls."""

    def __init__(self, client: Callable[[str], Any], url: str, region: str) -> None:
        """Make both users; `client` makes boto3 clients by service."""
        import requests  # of the environment; what only simulates needs none of it

        self._http = requests.Session()
        self._url = url
        self._region = region
        self._iam = client("iam")
        self._keys = {name: self._made(name) for name in (ASKS, DECIDES)}

    def ask(self, queue: str, minutes: int) -> str:
        """Ask for access to a queue's letters of all stores; return the request's id."""
        body = {"queue": queue, "store": "*", "reason": "rehearsal of an outage"}
        asked = self._call(ASKS, "POST", "/access/requests", 202, body | {"minutes": minutes})
        self.refused_look(asked["id"])
        return str(asked["id"])

    def approve(self, mail: str) -> None:
        """Do what the mail asks: not as the one who asked, who is refused, but as the other."""
        found = re.search(r"/access/decisions/(\S+)", mail)
        if found is None:
            raise GlassError(f"the mail has no link: {mail}")
        said = {"decision": "approve", "reason": "rehearsal of an outage"}
        path = f"/access/decisions/{found[1]}"
        self._call(ASKS, "POST", path, 403, said)
        self._call(DECIDES, "POST", path, 200, said)

    def look(self, request_id: str) -> list[str]:
        """Look into the queue until there is something to see; return the letters' bodies.

        Who gets no answer looks again: the function that looks may take long to start.
        """
        path = f"/access/requests/{request_id}/messages"

        def letters() -> list[str]:
            reply = self._send(ASKS, "POST", path)
            if reply.status_code >= 500:
                return []
            return [letter["body"] for letter in _answer(reply, 200)["messages"]]

        return wait_until(letters, SECONDS, "a letter to be shown")

    def refused_look(self, request_id: str) -> None:
        """See that a look is refused."""
        path = f"/access/requests/{request_id}/messages"

        def is_refused() -> bool:
            reply = self._send(ASKS, "POST", path)
            return reply.status_code < 500 and bool(_answer(reply, 403))

        wait_until(is_refused, SECONDS, "the look to be refused")

    def shown(self, request_id: str) -> Json:
        """Return the request with its trail."""
        return self._call(DECIDES, "GET", f"/access/requests/{request_id}", 200)

    def close(self) -> None:
        """Leave nothing behind."""
        for name, (key, _secret) in self._keys.items():
            self._iam.delete_access_key(UserName=name, AccessKeyId=key)
            self._iam.delete_user(UserName=name)

    def _made(self, name: str) -> tuple[str, str]:
        self._iam.create_user(UserName=name)
        key = self._iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def _call(
        self, who: str, method: str, path: str, wanted: int, body: Json | None = None
    ) -> Json:
        return _answer(self._send(who, method, path, body), wanted)

    def _send(
        self, who: str, method: str, path: str, body: Json | None = None
    ) -> requests.Response:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        content = b"" if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        url = f"{self._url}{path}"
        asked = AWSRequest(method, url, headers, content)
        SigV4Auth(Credentials(*self._keys[who]), "execute-api", self._region).add_auth(asked)
        return self._http.request(
            method, url, data=content, headers=dict(asked.headers), timeout=SECONDS
        )


def _answer(reply: requests.Response, wanted: int) -> Json:
    if reply.status_code != wanted:
        raise GlassError(f"{reply.request.method} {reply.url}: {reply.status_code} {reply.text}")
    found: Json = reply.json()
    return found
