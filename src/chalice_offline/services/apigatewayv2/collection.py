"""What an API has several of: made, read, listed, changed and deleted in one way for all kinds."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.services.apigatewayv2.errors import bad_request, invalid_identifier
from chalice_offline.services.apigatewayv2.limits import PAGE_SIZE
from chalice_offline.services.common.paging import page

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.errors import AwsError
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigatewayv2.api import Api, ById, Described
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State

    #: what an API has of a kind, for a request
    Held = Callable[[Api, Request], ById]
    #: state, API, what is to be there and may be completed, what was (None: it is made)
    Check = Callable[[ApiGatewayV2State, Api, Described, Described | None], None]
    #: API and what is to go; raises AwsError
    MayGo = Callable[[Api, Described], None]


def _anything(*_: Any) -> None:
    """Refuse nothing."""


@dataclass(frozen=True, slots=True)
class Collection:
    """One kind of thing. `names` are the request's members that say where it is, not what."""

    what: str
    id_member: str
    held: Held
    check: Check = _anything
    may_go: MayGo = _anything
    after: Callable[[ApiGatewayV2State, Api], None] = _anything
    names: frozenset[str] = frozenset()

    def create(self, apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
        """Make one."""
        api = apis.find_api(context, request)
        made = self.add(apis, api, request)
        self.after(apis, api)
        return copy.deepcopy(made)

    def add(self, apis: ApiGatewayV2State, api: Api, request: Request) -> Described:
        """Give one to an API and return it; nothing is deployed by that."""
        made = self._asked(request)
        self.check(apis, api, made, None)
        made[self.id_member] = apis.new_id()
        self.held(api, request)[made[self.id_member]] = made
        return made

    def get(self, apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
        """Return one."""
        return copy.deepcopy(self._find(apis.find_api(context, request), request))

    def list(self, apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
        """Return all, in pages."""
        held = self.held(apis.find_api(context, request), request)
        return listed(held.values(), self.id_member, request)

    def update(self, apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
        """Change what the request names; all else stays."""
        api = apis.find_api(context, request)
        before = self._find(api, request)
        changed = before | self._asked(request)
        self.check(apis, api, changed, before)
        before.clear()
        before.update(changed)
        self.after(apis, api)
        return copy.deepcopy(before)

    def delete(self, apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
        """Delete one."""
        api = apis.find_api(context, request)
        self.may_go(api, self._find(api, request))
        del self.held(api, request)[request[self.id_member]]
        self.after(apis, api)
        return {}

    def _asked(self, request: Request) -> Described:
        left_out = self.names | {"ApiId", self.id_member}
        return {name: copy.deepcopy(v) for name, v in request.items() if name not in left_out}

    def _find(self, api: Api, request: Request) -> Described:
        found = self.held(api, request).get(request[self.id_member])
        if found is None:
            raise invalid_identifier(self.what)
        return found


def listed(items: Any, key: str, request: Request) -> Result:
    """Return a page of described things, ordered by `key`."""
    size = request.get("MaxResults")
    shown, token = page(
        items,
        lambda item: str(item[key]),
        size=int(size) if size else PAGE_SIZE,
        token=request.get("NextToken"),
        invalid_token=_invalid_token,
    )
    result: Result = {"Items": copy.deepcopy(shown)}
    return result | {"NextToken": token} if token else result


def _invalid_token() -> AwsError:
    return bad_request("Invalid NextToken")
