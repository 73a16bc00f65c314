"""A reset of SNS."""

from __future__ import annotations

from chalice_offline.services.sns.state import SnsState


def renewed(sns: SnsState) -> SnsState:
    """Return SNS without topics; what was published before is tried no more."""
    return SnsState(sns.kernel)
