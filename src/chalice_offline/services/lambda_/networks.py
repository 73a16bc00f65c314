"""The network of a function: which VPC its subnets belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.services.lambda_.principal import PRINCIPAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel


def with_vpc(kernel: Kernel, context: CallContext, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a VpcConfig with the VPC that EC2 tells for its subnets.

    Subnets that EC2 does not know here are those of a project's config.json, which are on AWS.
    They are kept, without a VPC: functions run without a network of their own anyway.
    """
    network: dict[str, Any] = {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": ""} | dict(config)
    if not network["SubnetIds"]:
        return network
    request = {"SubnetIds": network["SubnetIds"]}
    try:
        found = kernel.deliver(
            "ec2",
            "DescribeSubnets",
            request,
            account_id=context.account_id,
            region=context.region,
            causes=(context.entry,),
            principal=PRINCIPAL,
        )
    except AwsError:
        return network
    subnets = {} if isinstance(found, Pending) else found
    for subnet in subnets.get("Subnets", ()):
        network["VpcId"] = subnet["VpcId"]
    return network
