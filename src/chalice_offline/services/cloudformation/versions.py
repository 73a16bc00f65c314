"""A request of a stack or a change set as the version of a stack that it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from chalice_offline.core.errors import AwsError
from chalice_offline.services.cloudformation import limits
from chalice_offline.services.cloudformation.capabilities import check_capabilities
from chalice_offline.services.cloudformation.dynamic_references import parameter_in_ssm
from chalice_offline.services.cloudformation.errors import stack_missing, validation_error
from chalice_offline.services.cloudformation.parameters import parameter_values, transform_values
from chalice_offline.services.cloudformation.stack import TemplateVersion
from chalice_offline.services.cloudformation.tagging import RESERVED
from chalice_offline.services.cloudformation.template import Template
from chalice_offline.services.cloudformation.template_text import read_template
from chalice_offline.services.cloudformation.transforms import (
    INCLUDE,
    declared_transforms,
    expanded,
)
from chalice_offline.services.common.tags import counted, is_reserved, tags_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.kernel import Request
    from chalice_offline.services.cloudformation.parameters import ParameterValue
    from chalice_offline.services.cloudformation.stack import Stack

    Call = Callable[[str, str, dict[str, Any]], dict[str, Any]]


def template_text(request: Request, call: Call, stack: Stack | None = None) -> str:
    """Return the template a request names, by its body, its URL, or as the one of the stack."""
    body, url = request.get("TemplateBody"), request.get("TemplateURL")
    if body and url:
        raise validation_error("You cannot specify both TemplateURL and TemplateBody")
    if request.get("UsePreviousTemplate"):
        if body or url:
            raise validation_error(
                "You cannot specify both usePreviousTemplate and Template Body/Template URL."
            )
        if stack is None or stack.version is None:
            raise stack_missing(str(request.get("StackName", "")))
        return stack.version.original
    if url:
        return text_at(str(url), call)
    if not body:
        raise validation_error("Either Template URL or Template Body must be specified.")
    # The stack that a session starts with is read from the project's file; who deploys that file
    # uploads it, and then the other limit holds.
    most = limits.TEMPLATE_URL_BYTES if request.get("IsHeld") else limits.TEMPLATE_BODY_BYTES
    if len(body.encode()) > most:
        raise validation_error(
            f"1 validation error detected: Value '{body[:200]}' at 'templateBody' failed to "
            "satisfy constraint: Member must have length less than or equal to "
            f"{most}"
        )
    return str(body)


def text_at(url: str, call: Call) -> str:
    """Return the text of an object in S3, named by its URL or as s3://bucket/key."""
    bucket, key = _object_of(url)
    try:
        head = call("s3", "HeadObject", {"Bucket": bucket, "Key": key})
        if head.get("ContentLength", 0) > limits.TEMPLATE_URL_BYTES:
            raise validation_error(
                f"Template may not exceed {limits.TEMPLATE_URL_BYTES} bytes in size."
            )
        body = call("s3", "GetObject", {"Bucket": bucket, "Key": key})["Body"]
    except AwsError as error:
        if error.code == "ValidationError":
            raise
        raise validation_error(f"S3 error: {error.message}") from error
    content = body if isinstance(body, bytes) else body.read()
    try:
        return str(content.decode())
    except UnicodeDecodeError as error:
        raise validation_error("Template format error: it is not UTF-8") from error


def version_of(
    request: Request,
    call: Call,
    region: str,
    stack: Stack | None,
    *,
    may_expand: bool = False,
) -> TemplateVersion:
    """Return what a request asks for; raises ValidationError and the like.

    `may_expand`: transforms need no acknowledgement (a change set shows what they made).
    """
    present = stack.version if stack else None
    original = template_text(request, call, stack)
    content = read_template(original)
    transforms = declared_transforms(content)
    given = request.get("Parameters", [])
    previous = present.parameters if present else {}

    def stored(name: str) -> str | None:
        return parameter_in_ssm(name, call)

    template = _template(content, transforms, given, previous, call, region)
    capabilities = tuple(request.get("Capabilities", ()))
    expands = [name for name in transforms if name != INCLUDE]
    check_capabilities(template, capabilities, expands=bool(expands) and not may_expand)
    tags = _tags(request) if "Tags" in request else (present.tags if present else {})
    return TemplateVersion(
        original,
        template,
        parameter_values(template, given, previous, stored),
        tags,
        capabilities,
        tuple(request.get("NotificationARNs", ())),
        str(request.get("RoleARN", "")),
        has_transform=bool(transforms),
    )


def _tags(request: Request) -> dict[str, str]:
    """Return the tags of a request; raises ValidationError.

    Only a nested stack, made by CloudFormation itself, has some of AWS's own.
    """
    tags = tags_of(request["Tags"])
    if "ParentId" not in request and any(is_reserved(key) for key in tags):
        raise validation_error(RESERVED)
    if counted(tags) > limits.TAGS:
        raise validation_error(
            f"1 validation error detected: Value at 'tags' failed to satisfy constraint: Member "
            f"must have length less than or equal to {limits.TAGS}"
        )
    return tags


def template_of(original: str, call: Call, region: str) -> Template:
    """Return the template of a text, its transforms applied as far as defaults tell."""
    content = read_template(original)
    return _template(content, declared_transforms(content), [], {}, call, region)


def _template(
    content: dict[str, Any],
    transforms: list[str],
    given: list[dict[str, Any]],
    previous: Mapping[str, ParameterValue],
    call: Call,
    region: str,
) -> Template:
    if transforms or "Fn::Transform" in str(content):
        values = transform_values(
            content.get("Parameters") or {},
            given,
            previous,
            lambda name: parameter_in_ssm(name, call),
        )
        content = expanded(content, values, region, lambda location: text_at(location, call))
    return Template(content)


def _object_of(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    path = unquote(parts.path).lstrip("/")
    host = parts.hostname or ""
    if parts.scheme == "s3":
        return host, path
    if parts.scheme not in ("http", "https") or not host:
        raise validation_error("TemplateURL must be a supported URL.")
    first = host.split(".", 1)[0]
    # Virtual-hosted style: bucket.s3.… and bucket.s3-region.…; else the path begins with it.
    bucket, dot, rest = host.partition(".s3.")
    if not dot:
        bucket, dot, rest = host.partition(".s3-")
    if dot and rest:
        return bucket, path
    is_s3 = first.startswith("s3") and ".amazonaws.com" in host
    if is_s3 or "amazonaws.com" not in host:
        bucket, _, key = path.partition("/")
        if bucket and key:
            return bucket, key
    raise validation_error(
        "S3 error: Domain name specified in " + (first or url) + " is not a valid S3 domain"
    )
