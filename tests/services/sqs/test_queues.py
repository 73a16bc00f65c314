"""Creating, finding, listing, purging and deleting queues."""

from __future__ import annotations

import json

import pytest


def test_create_queue_returns_a_url_that_works(each_sqs):
    """The URL a queue is created with is the one to send to."""
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]
    assert url.endswith("/000000000000/orders")
    each_sqs.send_message(QueueUrl=url, MessageBody="hello")
    assert each_sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hello"


def test_create_queue_again_with_equal_attributes_returns_the_same_queue(each_sqs):
    """Attributes that are left out or equal do not matter; tags never do."""
    attributes = {"DelaySeconds": "7", "VisibilityTimeout": "40"}
    url = each_sqs.create_queue(QueueName="orders", Attributes=attributes)["QueueUrl"]
    for again in (attributes, {"DelaySeconds": "7"}, {}):
        created = each_sqs.create_queue(QueueName="orders", Attributes=again, tags={"a": "b"})
        assert created["QueueUrl"] == url
    assert "Tags" not in each_sqs.list_queue_tags(QueueUrl=url)


def test_create_queue_again_with_another_value_is_refused(each_sqs, error_of):
    """AWS names the attribute that differs."""
    each_sqs.create_queue(QueueName="orders", Attributes={"DelaySeconds": "7"})
    error = error_of(each_sqs.create_queue, QueueName="orders", Attributes={"DelaySeconds": "8"})
    assert error == (
        "QueueAlreadyExists",
        (
            "A queue already exists with the same name and a different value for attribute "
            "DelaySeconds"
        ),
    )


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("with space", {}),
        ("", {}),
        ("x" * 81, {}),
        ("orders.fifo", {}),
        ("orders", {"FifoQueue": "true"}),
        (".fifo", {"FifoQueue": "true"}),
        ("x" * 76 + ".fifo", {"FifoQueue": "true"}),
    ],
)
def test_create_queue_refuses_a_name_no_queue_can_have(sqs, error_of, name, attributes):
    """Names have 1 to 80 letters, digits, hyphens, underscores; FIFO queues end in .fifo."""
    code, _ = error_of(sqs.create_queue, QueueName=name, Attributes=attributes)
    assert code == "InvalidParameterValue"


def test_create_queue_within_a_minute_of_deletion_is_refused(each_sqs, clients, error_of):
    """A deleted queue's name is free again after 60 seconds."""
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]
    each_sqs.delete_queue(QueueUrl=url)
    clients.advance(59)
    assert error_of(each_sqs.create_queue, QueueName="orders") == (
        "AWS.SimpleQueueService.QueueDeletedRecently",
        (
            "You must wait 60 seconds after deleting a queue before you can create another with "
            "the same name."
        ),
    )
    clients.advance(1)
    assert each_sqs.create_queue(QueueName="orders")["QueueUrl"] == url


def test_operations_on_a_missing_queue_say_so_in_each_protocol(clients, error_of):
    """Only the query protocol speaks of the wsdl version."""
    texts = {
        "json": "The specified queue does not exist.",
        "query": "The specified queue does not exist for this wsdl version.",
    }
    for protocol, text in texts.items():
        client = clients.client(protocol)
        url = "http://localhost/000000000000/none"
        for call in (client.receive_message, client.get_queue_attributes, client.delete_queue):
            assert error_of(call, QueueUrl=url) == (
                "AWS.SimpleQueueService.NonExistentQueue",
                text,
            )
        assert error_of(client.get_queue_url, QueueName="none")[1] == text


@pytest.mark.parametrize(
    "form",
    [
        "orders",
        "https://sqs.us-east-1.amazonaws.com/000000000000/orders",
        "https://queue.amazonaws.com/000000000000/orders",
        "http://us-east-1.queue.localhost:4566/000000000000/orders/",
        "http://localhost:4566/queue/us-east-1/000000000000/orders",
    ],
)
def test_queue_url_may_be_any_form_that_ends_in_account_and_name(sqs, queue, form):
    """The host does not count, and one's own queue may be given by name."""
    sent = sqs.send_message(QueueUrl=form, MessageBody="hello")
    received = sqs.receive_message(QueueUrl=queue)["Messages"][0]
    assert received["MessageId"] == sent["MessageId"]


def test_queues_of_one_name_in_two_regions_and_accounts_are_apart(clients):
    """Region and account are part of what a queue is, and of its URL."""
    places = [("us-east-1", "000000000000"), ("eu-west-1", "000000000000"), ("eu-west-1", "1" * 12)]
    urls = []
    for region, account in places:
        client = clients.client(region=region, account=account)
        url = client.create_queue(QueueName="orders")["QueueUrl"]
        client.send_message(QueueUrl=url, MessageBody=f"{region} {account}")
        urls.append(url)
    assert len(set(urls)) == len(places)
    for (region, account), url in zip(places, urls, strict=True):
        client = clients.client(region=region, account=account)
        assert client.list_queues()["QueueUrls"] == [url]
        arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        assert arn["Attributes"]["QueueArn"] == f"arn:aws:sqs:{region}:{account}:orders"
        received = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        assert [message["Body"] for message in received] == [f"{region} {account}"]


def test_get_queue_url_finds_another_accounts_queue_by_its_owner(clients, error_of):
    """Without the owner's account id the queue of another account is not found."""
    owner, other = clients.client(account="1" * 12), clients.client(account="2" * 12)
    url = owner.create_queue(QueueName="orders")["QueueUrl"]
    found = other.get_queue_url(QueueName="orders", QueueOwnerAWSAccountId="1" * 12)
    assert found["QueueUrl"] == url
    code, _ = error_of(other.get_queue_url, QueueName="orders")
    assert code == "AWS.SimpleQueueService.NonExistentQueue"


def test_list_queues_pages_and_filters_by_prefix(each_sqs):
    """A token comes only when MaxResults was set and more is left."""
    names = [f"a-{number}" for number in range(5)] + ["b"]
    for name in names:
        each_sqs.create_queue(QueueName=name)
    assert len(each_sqs.list_queues()["QueueUrls"]) == 6
    assert "QueueUrls" not in each_sqs.list_queues(QueueNamePrefix="c")
    found: list[str] = []
    request = {"QueueNamePrefix": "a-", "MaxResults": 2}
    while True:
        page = each_sqs.list_queues(**request)
        found += [url.rsplit("/", 1)[1] for url in page["QueueUrls"]]
        if "NextToken" not in page:
            break
        request["NextToken"] = page["NextToken"]
    assert found == names[:5]


@pytest.mark.parametrize("request_", [{"MaxResults": 0}, {"MaxResults": 1001}, {"NextToken": "?"}])
def test_list_queues_refuses_impossible_pages(sqs, error_of, request_):
    """MaxResults is 1 to 1000; a token is one that was given out."""
    assert error_of(sqs.list_queues, **request_)[0] == "InvalidParameterValue"


def test_purge_queue_removes_visible_delayed_and_in_flight_messages(
    each_sqs, clients, attribute_of, error_of
):
    """Nothing of before the purge comes back, and a second purge must wait a minute."""
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]
    each_sqs.send_message(QueueUrl=url, MessageBody="in flight")
    handle = each_sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    each_sqs.send_message(QueueUrl=url, MessageBody="delayed", DelaySeconds=10)
    each_sqs.send_message(QueueUrl=url, MessageBody="visible")
    each_sqs.purge_queue(QueueUrl=url)
    clients.advance(31)
    assert "Messages" not in each_sqs.receive_message(QueueUrl=url)
    assert attribute_of(each_sqs, url, "ApproximateNumberOfMessages") == "0"
    each_sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    assert error_of(each_sqs.purge_queue, QueueUrl=url) == (
        "AWS.SimpleQueueService.PurgeQueueInProgress",
        "Only one PurgeQueue operation on orders is allowed every 60 seconds.",
    )
    clients.advance(29)
    each_sqs.purge_queue(QueueUrl=url)


def test_delete_queue_takes_its_messages_and_handles_along(sqs, queue, clients, error_of):
    """A queue made anew under the same name is another queue."""
    sqs.send_message(QueueUrl=queue, MessageBody="old")
    handle = sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]
    sqs.delete_queue(QueueUrl=queue)
    clients.advance(60)
    sqs.create_queue(QueueName="orders")
    sqs.send_message(QueueUrl=queue, MessageBody="new")
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "new"
    code, _ = error_of(sqs.delete_message, QueueUrl=queue, ReceiptHandle=handle)
    assert code == "ReceiptHandleIsInvalid"


def test_list_dead_letter_source_queues_names_every_source(each_sqs, arn_of):
    """Those whose redrive policy points here, in pages."""
    dead = each_sqs.create_queue(QueueName="dead")["QueueUrl"]
    policy = json.dumps({"deadLetterTargetArn": arn_of(each_sqs, dead), "maxReceiveCount": 3})
    assert each_sqs.list_dead_letter_source_queues(QueueUrl=dead).get("queueUrls", []) == []
    sources = [
        each_sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy})["QueueUrl"]
        for name in ("a", "b")
    ]
    reply = each_sqs.list_dead_letter_source_queues(QueueUrl=dead)
    assert reply["queueUrls"] == sources
    page = each_sqs.list_dead_letter_source_queues(QueueUrl=dead, MaxResults=1)
    assert page["queueUrls"] == sources[:1]
    page = each_sqs.list_dead_letter_source_queues(
        QueueUrl=dead, MaxResults=1, NextToken=page["NextToken"]
    )
    assert page["queueUrls"] == sources[1:]
    assert "NextToken" not in page
