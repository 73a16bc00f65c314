"""API keys and how much each may use: a step before the authorizer (or after, for its keys)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalice_offline.services.apigateway import failures

if TYPE_CHECKING:
    from chalice_offline.services.apigateway.exchange import Exchange
    from chalice_offline.services.apigateway.rest_api import Described
    from chalice_offline.services.apigateway.state import Place

_PERIOD_MS = {"DAY": 86_400_000, "WEEK": 7 * 86_400_000, "MONTH": 30 * 86_400_000}


@dataclass(slots=True)
class Bucket:
    """Tokens that come at a rate and are kept up to a burst."""

    tokens: float
    at_ms: int

    def take(self, now_ms: int, rate: float, burst: float) -> bool:
        """Take one token; False when there is none."""
        self.tokens = min(burst, self.tokens + (now_ms - self.at_ms) * rate / 1000)
        self.at_ms = now_ms
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass(slots=True)
class Quota:
    """What was used of a period."""

    period: int = -1
    used: int = 0


def check_key(exchange: Exchange) -> None:
    """Let a request with a key of a usage plan of this stage pass, as often as the plan allows."""
    if not exchange.taken.method.get("apiKeyRequired"):
        return
    place = exchange.gateway.place_of(exchange.api.account_id, exchange.api.region)
    by_authorizer = exchange.served.key_source == "AUTHORIZER"
    value = exchange.usage_key if by_authorizer else exchange.header("x-api-key")
    key = next(
        (one for one in place.api_keys.values() if one["value"] == value and one["enabled"]), None
    )
    plan = _plan(place, exchange, key) if key else None
    if key is None or plan is None:
        raise failures.forbidden()
    exchange.identity |= {"apiKey": value, "apiKeyId": key["id"]}
    _check_throttle(exchange, plan, key["id"])
    _check_quota(exchange, plan, key["id"])


def check_method_throttle(exchange: Exchange) -> None:
    """Keep to the rate that the stage's settings allow a method."""
    settings = exchange.stage.get("methodSettings")
    if not settings:
        return
    path = exchange.taken.path.strip("/")
    for key in (f"{path}/{exchange.method}", "*/*"):
        found = settings.get(key)
        if found and "throttlingRateLimit" in found:
            name = ("method", exchange.api.id, exchange.stage_name, key)
            _take(exchange, name, found["throttlingRateLimit"], found["throttlingBurstLimit"])
            return


def _plan(place: Place, exchange: Exchange, key: Described) -> Described | None:
    here = (exchange.api.id, exchange.stage_name)
    for plan in place.usage_plans.values():
        stages = [(one["apiId"], one["stage"]) for one in plan.get("apiStages", ())]
        if here in stages and key["id"] in place.plan_keys.get(plan["id"], ()):
            return plan
    return None


def _check_throttle(exchange: Exchange, plan: Described, key_id: str) -> None:
    here = (exchange.api.id, exchange.stage_name)
    method = f"{exchange.taken.path}/{exchange.method}"
    stage = next(one for one in plan["apiStages"] if (one["apiId"], one["stage"]) == here)
    own = (stage.get("throttle") or {}).get(method)
    # A limit for the method counts before the plan's (AWS, "Throttle requests to your REST APIs").
    limit, name = (own, (*here, method)) if own else (plan.get("throttle"), ())
    if limit:
        bucket = ("plan", plan["id"], key_id, *name)
        _take(exchange, bucket, limit.get("rateLimit", 0), limit.get("burstLimit", 0))


def _take(exchange: Exchange, name: tuple[str, ...], rate: float, burst: float) -> None:
    if rate < 0 or burst < 0:  # -1: no limit
        return
    buckets, now_ms = exchange.gateway.buckets, exchange.call.now_ms
    bucket = buckets.setdefault(name, Bucket(burst, now_ms))
    if not bucket.take(now_ms, rate, burst):
        raise failures.throttled()


def _check_quota(exchange: Exchange, plan: Described, key_id: str) -> None:
    quota = plan.get("quota")
    if not quota:
        return
    period = exchange.call.now_ms // _PERIOD_MS[quota["period"]]
    name = ("quota", plan["id"], key_id)
    used = exchange.gateway.buckets.setdefault(name, Quota())
    if used.period != period:
        used.period, used.used = period, 0
    if used.used >= quota["limit"]:
        raise failures.quota_exceeded()
    used.used += 1
