"""The checks of an application. Each passes, fails, or leaves a doubt for the person to judge."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.files import FileTooLarge
from chalicelib.channels.base import read_json_object
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.store import Menu, read_menu
from chalicelib.onboarding.application import MENU, UPLOADS, Form
from chalicelib.onboarding.registries import MATCH, NO_MATCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bootstrap import Services
    from chalicelib.onboarding.application import Application

PASSED, FAILED, DOUBTFUL = "passed", "failed", "doubtful"

Outcome = tuple[str, str]


def check(services: Services, application: Application, name: str) -> dict[str, Any]:
    """Make one check; RegistryUnavailable when its registry does not answer."""
    result, reason = CHECKS[name](services, application)
    return {"check": name, "result": result, "reason": reason}


def read_application_menu(services: Services, application: Application) -> tuple[Menu, bytes]:
    """Return the menu that was uploaded, and its file; InvalidPayload names what is wrong."""
    try:
        content = services.files.read_at_most(application.file_key(MENU), UPLOADS[MENU][1])
    except FileTooLarge as error:
        raise InvalidPayload("the menu is larger than 2 MB") from error
    if content is None:
        raise InvalidPayload("the menu was not uploaded")
    menu = read_menu(read_json_object(content), "")
    if menu.store.store_id != application.store_id:
        raise InvalidPayload("the menu is for another store than the application")
    if menu.store.pos not in services.points_of_sale:
        raise InvalidPayload("the menu names an unknown point of sale")
    if unknown := set(menu.channels) - set(services.channels):
        raise InvalidPayload(f"the menu names unknown channels: {', '.join(sorted(unknown))}")
    return menu, content


def digest(content: bytes) -> str:
    """Return what a menu's file is known by."""
    return hashlib.sha256(content).hexdigest()


def _bank(services: Services, application: Application) -> Outcome:
    form = application.form or Form()
    if not (form.legal_name and form.bank_routing and form.bank_account):
        return DOUBTFUL, "the form does not name a bank account"
    verdict = services.registries.bank_account(
        form.legal_name, form.bank_routing, form.bank_account
    )
    return _outcome(verdict, "the bank account")


def _address(services: Services, application: Application) -> Outcome:
    form = application.form or Form()
    if not (form.street and form.city and form.postcode):
        return DOUBTFUL, "the form does not name an address"
    verdict = services.registries.address(form.street, form.city, form.postcode)
    return _outcome(verdict, "the address")


def _licence(services: Services, application: Application) -> Outcome:
    form = application.form or Form()
    if not form.licence_number:
        return DOUBTFUL, "the form does not name a licence"
    verdict = services.registries.licence(form.licence_number, form.legal_name)
    return _outcome(verdict, "the licence")


def _menu(services: Services, application: Application) -> Outcome:
    try:
        menu, content = read_application_menu(services, application)
    except InvalidPayload as error:
        return FAILED, f"menu: {error}"
    for channel, channel_store_id, store in services.stores.all():
        if store.store_id == application.store_id:
            return FAILED, f"menu: there is a store {store.store_id} already"
        if menu.channels.get(channel) == channel_store_id:
            return FAILED, f"menu: {channel} {channel_store_id} is another store's"
    services.applications.keep_menu(application.id, digest(content))
    return PASSED, ""


def _outcome(verdict: str, what: str) -> Outcome:
    if verdict == MATCH:
        return PASSED, ""
    if verdict == NO_MATCH:
        return FAILED, f"{what} does not belong to the merchant"
    return DOUBTFUL, f"{what} could not be found"


CHECKS: dict[str, Callable[[Services, Application], Outcome]] = {
    "bank": _bank,
    "address": _address,
    "licence": _licence,
    "menu": _menu,
}
