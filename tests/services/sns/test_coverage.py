"""The table of operations against AWS's model, and determinism."""

from __future__ import annotations

import botocore.session

from chalice_offline.core.journal import digest

from .conftest import Cloud, queue_arn, string


def test_every_operation_of_the_model_is_there(cloud: Cloud) -> None:
    """All of SNS is here but the SMS sandbox: no other operation is missing, none is invented."""
    model = botocore.session.get_session().get_service_model("sns")
    assert set(cloud.service.operations) <= set(model.operation_names)
    for name in set(model.operation_names) - set(cloud.service.operations):
        assert any(word in name for word in ("Sandbox", "OriginationNumbers"))


def test_the_same_calls_give_the_same_journal() -> None:
    """Ids, tokens, sequence numbers and signatures follow from seed and inputs alone."""
    assert _history() == _history()


def _history() -> str:
    cloud = Cloud()
    topic = cloud.topic()
    cloud.subscribe(topic, "http", "http://example.com/hook")
    for index in range(3):
        policy = f'{{"a":["{index}"]}}'
        cloud.subscribe(topic, "sqs", queue_arn(f"q{index}"), FilterPolicy=policy)
    cloud.publish(topic, MessageAttributes={"a": string("1")})
    cloud.settle()
    fifo = cloud.fifo_topic(ContentBasedDeduplication="true")
    cloud.subscribe(fifo)
    cloud.publish(fifo, MessageGroupId="g")
    return digest(cloud.emulator.journal)
