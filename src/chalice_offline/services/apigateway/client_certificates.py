"""Client certificates: kept and told; no backend is shown one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.apigateway.errors import not_found
from chalice_offline.services.apigateway.pages import listed
from chalice_offline.services.apigateway.patches import Change, Patchable

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.rest_api import Described
    from chalice_offline.services.apigateway.state import ApiGatewayState

_YEAR_S = 365 * 24 * 3600
_CHANGES = Patchable({"/description": Change()})


def generate_client_certificate(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Make a certificate that is good for a year."""
    key = gateway.kernel.ids.base64(256)
    certificate: Described = {
        "clientCertificateId": gateway.new_id(),
        "pemEncodedCertificate": f"-----BEGIN CERTIFICATE-----\n{key}\n-----END CERTIFICATE-----",
        "createdDate": gateway.now_s(),
        "expirationDate": gateway.now_s() + _YEAR_S,
    }
    certificate |= {key: request[key] for key in ("description", "tags") if request.get(key)}
    place = gateway.place(context)
    place.client_certificates[certificate["clientCertificateId"]] = certificate
    return dict(certificate)


def get_client_certificate(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Return one certificate."""
    return dict(_find(gateway, context, request))


def get_client_certificates(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Return the caller's certificates."""
    certificates = gateway.place(context).client_certificates.values()
    return listed([dict(one) for one in certificates], "clientCertificateId", request)


def update_client_certificate(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Change a certificate's description."""
    certificate = _find(gateway, context, request)
    _CHANGES.change(certificate, request)
    return dict(certificate)


def delete_client_certificate(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Delete a certificate."""
    certificate = _find(gateway, context, request)
    del gateway.place(context).client_certificates[certificate["clientCertificateId"]]
    return {}


def _find(gateway: ApiGatewayState, context: CallContext, request: Request) -> Described:
    found = gateway.place(context).client_certificates.get(request["clientCertificateId"])
    if found is None:
        raise not_found("Invalid Client Certificate identifier specified")
    return found
