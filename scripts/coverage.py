"""Writes docs/COVERAGE.md from the services' own tables of operations.

    python scripts/coverage.py            write it
    python scripts/coverage.py --check    exit code 1 when it is out of date

The operations AWS has are those of botocore's models. Another version of botocore than the one
the page was written with may know more or fewer: then `--check` compares what is supported,
and leaves alone what is missing.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
# Not beside this file's own folder: this module's name is that of a well-known package.
sys.path[:1] = [str(ROOT / "src")]

import botocore  # noqa: E402 - src/ comes first on the path set above

from chalice_offline.composition import compose  # noqa: E402
from chalice_offline.drivers.virtual import VirtualDriver  # noqa: E402
from chalice_offline.protocols import app_addresses, operation_names, raw_operations  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chalice_offline.core import kernel

PAGE = ROOT / "docs" / "COVERAGE.md"
TITLES = {
    "sqs": "SQS",
    "sns": "SNS",
    "events": "EventBridge",
    "scheduler": "EventBridge Scheduler",
    "apigateway": "API Gateway (REST)",
    "apigatewayv2": "API Gateway (HTTP and WebSocket)",
    "cloudformation": "CloudFormation",
    "kinesis": "Kinesis Data Streams",
    "dynamodb": "DynamoDB",
    "dynamodbstreams": "DynamoDB Streams",
    "s3": "S3",
    "lambda": "Lambda",
    "stepfunctions": "Step Functions",
}
# What an operation of the table cannot say by being there.
NOTES = {
    "apigateway": "APIs are served with all that decides about a request: keys, usage plans,\n"
    "authorizers, validation, mapping templates, gateway responses, canaries, access logs, custom\n"
    "domain names. Caches, X-Ray, WAF, client certificates and VPC links are kept and given back,\n"
    "and nothing follows from them. APIs begin anew with each process, with `--data` as well.",
    "cloudformation": "Templates are JSON or YAML, with all functions, dynamic references and the\n"
    "transforms `AWS::LanguageExtensions`, `AWS::Include` and, with\n"
    "`pip install chalice-offline[sam]`, `AWS::Serverless-2016-10-31`. Resources of SQS, SNS,\n"
    "EventBridge, Scheduler, S3, DynamoDB tables, Kinesis, Step Functions, IAM, Logs, CloudWatch,\n"
    "KMS, Cognito, SES, Secrets Manager, SSM, Lambda and API Gateway are made, and so are\n"
    "nested stacks, custom resources (of functions and topics) and wait conditions; a resource of\n"
    "another type is a placeholder, and its event says so. What a stack makes has the stack's\n"
    "tags and CloudFormation's own (`aws:cloudformation:stack-name`, `stack-id`, `logical-id`),\n"
    "as each type's schema says (dashboards, SES and code signing keep no tags here). Not yet:\n"
    "imports of resources, stack sets, macros in the resources that a session starts with (their\n"
    "functions are not there yet); elsewhere macros are run. Stack policies are kept and given\n"
    "back, and nothing follows from them.",
    "dynamodb": "A table is ready when its reply arrives, and nothing is throttled. Time to live\n"
    "removes an item at the second it names. Resource policies, contributor insights,\n"
    "encryption and warm throughput are checked, kept and given back, and nothing follows\n"
    "from them. Global tables, exports and imports are refused.",
    "sns": "No telephone and no device is ever reached, and no data protection policy masks a\n"
    "message: what concerns them is checked, kept and given back, and nothing follows from it.",
    "apigatewayv2": "HTTP APIs call functions, HTTP endpoints and the services of the integration\n"
    "subtypes for EventBridge, SQS, Kinesis and Step Functions. WebSocket APIs call functions,\n"
    "any service, HTTP endpoints and mocks, through mapping templates and integration responses;\n"
    "their models, API keys and throttles are kept and given back, and nothing follows from\n"
    "them. Portals and routing rules are not there.",
    "kinesis": "The limits of a shard hold: 1,000 records and 1 MB written, five reads and 2\n"
    "MB read a second, by the emulator's clock; event source mappings read without\n"
    "counting. In JSON and in CBOR (the Java SDK). `SubscribeToShard` works through\n"
    "both doors: an event for what is there and for each write, an empty one every\n"
    "five seconds, the end after five minutes or with a closed shard's children;\n"
    "boto3 reads it over HTTP/1.1 as over HTTP/2. Encryption,\n"
    "shard-level metrics, warm throughput and resource policies are checked, kept and\n"
    "given back, and nothing follows from them.",
    "lambda": "Event source mappings read queues, DynamoDB streams and Kinesis streams, also\n"
    "by the ARN of a consumer, which their events then name (that is not recorded);\n"
    "Kafka, MQ and DocumentDB are refused. `ProvisionedPollerConfig`,\n"
    "`MetricsConfig`, `LoggingConfig` and `KMSKeyArn` are kept and given back, and\n"
    "nothing follows from them.",
    "stepfunctions": "Tasks are functions, activities, `aws-sdk:*` for each operation here\n"
    "and of what is delegated, and the optimised integrations of Lambda, SQS, SNS, EventBridge,\n"
    "DynamoDB, API Gateway and HTTP through connections; of Step Functions, Athena, Batch,\n"
    "CodeBuild, ECS and Glue also `.sync`, where moto brings the job to its end. Those of\n"
    "Bedrock, DataBrew, EKS, EMR, MediaConvert and SageMaker are taken in a definition and fail\n"
    "as tasks. A Map reads JSON, JSON lines, CSV,\n"
    "inventories and listings, no Parquet; of a Map Run's Standard executions the last 1,000\n"
    "that ended are kept. X-Ray and encryption with a key are kept and given back, and nothing\n"
    "follows from them. Executions end with the process, also with `--data`.",
    "s3": "Form uploads (`POST` of multipart/form-data), CORS preflights (`OPTIONS`) and websites\n"
    "(`http://BUCKET.s3-website.localhost:4566`) are answered, too. Bucket policies are judged\n"
    "with their conditions, for other accounts, callers without credentials and, where they\n"
    "deny, the owner. Logging, replication, accelerate, request payment, analytics, inventory,\n"
    "metrics and intelligent-tiering configurations are checked, kept and given back, and nothing\n"
    "follows from them. The checksums XXHASH64, XXHASH3 and XXHASH128 need\n"
    "`pip install chalice-offline[xxhash]`.",
}
SUPPORTED, MISSING = "supported", "missing"

_HEAD = """\
# What is emulated

Written by `python scripts/coverage.py` from the code; a test fails when it is out of date.
The operations are those of botocore {version}.

- **{supported}**: does what AWS does, deliveries, retries and errors included.
- **{missing}**: the caller gets the error NotImplemented (501), which names service and operation;
  nothing changes.

Every other service (Secrets Manager, SSM, STS, CloudWatch Logs …) is delegated to
moto, in the same process;
[moto's own list](https://docs.getmoto.org/en/latest/docs/services/index.html) says what it does.
What moto does not know gets the same error.
"""
_VERSION = re.compile(r"those of botocore ([\d.]+)\.$", re.MULTILINE)
_ROW = re.compile(r"^\| `(\w+)` \| ([\w ]+) \|$", re.MULTILINE)


# Called by neighbours only: no model has it, so no client can.
_AMONG_SERVICES = {"RetrieveConnectionCredentials"}


@dataclass(frozen=True)
class Service:
    """A service's operations in alphabetical order, and how each is answered."""

    title: str
    note: str
    states: dict[str, str]

    def count(self, state: str) -> int:
        """Return how many operations are answered so."""
        return sum(one == state for one in self.states.values())


def services() -> list[Service]:
    """Return what the composed emulator has, compared with what AWS has."""
    emulator = compose(VirtualDriver())
    return [_service(emulator.registry.get(name), title) for name, title in TITLES.items()]


def _service(service: kernel.Service, title: str) -> Service:
    own = set(service.operations) - raw_operations.NAMES.get(service.name, frozenset())
    own -= _AMONG_SERVICES
    own -= {operation for name, operation in app_addresses.OPERATIONS if name == service.name}
    states = {
        operation: SUPPORTED if operation in own else MISSING
        for operation in sorted({*operation_names(service.name), *own})
    }
    return Service(title, NOTES.get(service.name, ""), states)


def page(found: Sequence[Service]) -> str:
    """Return the whole page."""
    head = _HEAD.format(version=botocore.__version__, supported=SUPPORTED, missing=MISSING)
    return "\n".join([head, *_summary(found), *(line for one in found for line in _section(one))])


def _summary(found: Sequence[Service]) -> Iterator[str]:
    yield f"| service | {SUPPORTED} | {MISSING} | operations |"
    yield "|---|---|---|---|"
    for one in found:
        counts = " | ".join(str(one.count(state)) for state in (SUPPORTED, MISSING))
        yield f"| {one.title} | {counts} | {len(one.states)} |"


def _section(service: Service) -> Iterator[str]:
    yield f"\n## {service.title}\n"
    if service.note:
        yield f"{service.note}\n"
    yield "| operation | |"
    yield "|---|---|"
    for operation, state in service.states.items():
        yield f"| `{operation}` | {state} |"


def is_current(written: str, wanted: str) -> bool:
    """Whether the page says what the code does; see the module's text for other botocores."""
    if _versions(written) == _versions(wanted):
        return written == wanted
    return _answered(written) == _answered(wanted)


def _versions(text: str) -> list[str]:
    return _VERSION.findall(text)


def _answered(text: str) -> dict[str, list[tuple[str, str]]]:
    """Return, by section, the rows of operations that are not missing."""
    sections = text.split("\n## ")[1:]
    return {
        section.splitlines()[0]: [row for row in _ROW.findall(section) if row[1] != MISSING]
        for section in sections
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the page."""
    parser = argparse.ArgumentParser(prog="coverage.py", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when out of date")
    options = parser.parse_args(arguments)
    wanted = page(services()) + "\n"
    if not options.check:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    written = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if is_current(written, wanted):
        return 0
    print("docs/COVERAGE.md is out of date; run: python scripts/coverage.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
