"""Handlers here, AWS elsewhere: a project attached to LocalStack, another engine, or AWS itself.

- plan: the project's event sources → what to make, as data
- endpoint: where AWS is, whose credentials, which variables functions see
- make: queues, policies, subscriptions, rules, bucket notifications; adopts what is there
- remove: exactly what was made, found by its tags
- events: a received message → the event Lambda would pass
- invocations: that event → a handler run
- poller: long polling, bounded concurrency, delete after success
- in_flight: keeps messages invisible while their handler runs
- provision: .chalice/resources.json as a CloudFormation stack on a local engine
- app: the project's functions, environments and routes
- session: all of it, from start to stop
"""
