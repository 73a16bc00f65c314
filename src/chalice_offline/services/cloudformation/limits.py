"""CloudFormation's numbers: AWS CloudFormation user guide, "CloudFormation quotas"."""

from __future__ import annotations

TEMPLATE_BODY_BYTES = 51_200
TEMPLATE_URL_BYTES = 1_048_576
PARAMETERS = 200
RESOURCES = 500
OUTPUTS = 200
MAPPINGS = 200
NAME_CHARACTERS = 255
NOTIFICATION_ARNS = 5
TAGS = 50

# No page says how deep; this is more than any template written by hand or tool needs.
NESTING = 100
# What transforms, loops and functions may make of a template, in characters of JSON.
EXPANDED_CHARACTERS = 8_000_000

EVENTS_PAGE = 100
RESOURCES_PAGE = 100
STACKS_PAGE = 100
EXPORTS_PAGE = 100

# User guide, "Request and response reference": how long a custom resource may take; and "AWS
# CloudFormation endpoints": how long a stack's operation waits for a signal at most.
CUSTOM_RESOURCE_SECONDS = 3_600
CUSTOM_RESOURCE_ANSWER_BYTES = 4_096
WAIT_SECONDS = 43_200
