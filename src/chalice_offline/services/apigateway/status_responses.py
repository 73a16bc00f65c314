"""Responses by status: what a method declares, and what an integration's answers become."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalice_offline.services.apigateway.errors import not_found

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.patches import Patchable
    from chalice_offline.services.apigateway.rest_api import Described


@dataclass(frozen=True, slots=True)
class StatusResponses:
    """The responses that a method or integration holds in its `member`, and what may change."""

    member: str
    kept: tuple[str, ...]
    changes: Patchable

    def put(self, owner: Described, request: Request) -> Result:
        """Keep the response that a request describes."""
        status = request["statusCode"]
        response = {"statusCode": status}
        response |= {key: request[key] for key in self.kept if request.get(key) is not None}
        owner.setdefault(self.member, {})[status] = response
        return dict(response)

    def find(self, owner: Described, request: Request) -> Described:
        """Return the response of the status a request names; raises NotFoundException."""
        found: Described | None = owner.get(self.member, {}).get(request["statusCode"])
        if found is None:
            raise not_found("Invalid Response status code specified")
        return found

    def delete(self, owner: Described, request: Request) -> Result:
        """Take the response away."""
        self.find(owner, request)
        del owner[self.member][request["statusCode"]]
        if not owner[self.member]:
            del owner[self.member]
        return {}

    def update(self, owner: Described, request: Request) -> Result:
        """Change the response by patch operations."""
        response = self.find(owner, request)
        self.changes.change(response, request)
        return dict(response)
