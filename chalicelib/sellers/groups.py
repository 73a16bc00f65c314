"""A management group at Toast gives us credentials of its own: an operator brings them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalicelib.pos.toast.login import Credentials, ToastLogin
from chalicelib.sellers.base import Connection
from chalicelib.sellers.connect import keep
from chalicelib.tokens import GrantRefused, TokenUnavailable

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services

_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def connect_group(services: Services, group: str, lines: list[str]) -> str:
    """Log in with a group's credentials and keep them; return why not, "" when all is well.

    What does not open anything is not kept. Brought again, they replace those of before.
    """
    given = [line.strip() for line in lines if line.strip()]
    if _GROUP.fullmatch(group) is None:
        return "the group must be a name of letters, digits, - and _"
    if len(given) != 2:
        return "stdin must have two lines: client id, client secret"
    oauth = ToastLogin(services.config.toast_base_url, services.http)
    try:
        grant = oauth.connect(Credentials(*given))
    except GrantRefused:
        return "Toast does not know these credentials"
    except TokenUnavailable as error:
        return f"Toast did not answer, try again: {error}"
    keep(services, oauth.vendor, Connection(group, grant))
    return ""
