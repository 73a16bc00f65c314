"""SES: identities, templates, configuration sets. Properties: AWS::SES, template reference."""

from __future__ import annotations

from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Properties,
    Resource,
    ResourceType,
)


def _create_identity(place: Place, _name: str, properties: Properties) -> Resource:
    identity = properties["EmailIdentity"]
    if "@" in identity:
        place.call("ses", "VerifyEmailIdentity", {"EmailAddress": identity})
    else:
        place.call("ses", "VerifyDomainIdentity", {"Domain": identity})
    return Resource(identity)


def _delete_identity(place: Place, identity: Resource, _properties: Properties) -> None:
    place.call("ses", "DeleteIdentity", {"Identity": identity.reference})


def _template_of(name: str, properties: Properties) -> Properties:
    template = dict(properties.get("Template", {}))
    template.setdefault("TemplateName", name)
    return {"Template": template}


def _create_template(place: Place, name: str, properties: Properties) -> Resource:
    request = _template_of(name, properties)
    place.call("ses", "CreateTemplate", request)
    named = str(request["Template"]["TemplateName"])
    return Resource(named, {"Id": named})


def _update_template(
    place: Place, template: Resource, _before: Properties, after: Properties
) -> None:
    place.call("ses", "UpdateTemplate", _template_of(template.reference, after))


def _delete_template(place: Place, template: Resource, _properties: Properties) -> None:
    place.call("ses", "DeleteTemplate", {"TemplateName": template.reference})


def _create_set(place: Place, name: str, _properties: Properties) -> Resource:
    request = {"ConfigurationSet": {"Name": name}}
    place.call("ses", "CreateConfigurationSet", request)
    return Resource(name)


def _delete_set(place: Place, one: Resource, _properties: Properties) -> None:
    request = {"ConfigurationSetName": one.reference}
    place.call("ses", "DeleteConfigurationSet", request)


TYPES = {
    "AWS::SES::EmailIdentity": ResourceType(
        _create_identity,
        _delete_identity,
        update=lambda _place, _identity, _before, _after: None,
        fixed=("EmailIdentity",),
    ),
    "AWS::SES::Template": ResourceType(
        _create_template, _delete_template, update=_update_template, longest=64
    ),
    "AWS::SES::ConfigurationSet": ResourceType(_create_set, _delete_set, name="Name", longest=64),
}
