"""Whole evenings out of a seed: the app in virtual time under everything that can go wrong.

plan      what happens in a seed: stores, orders, people, weather. Data, nothing else.
menus     which menus are new on an evening
fate      what happens to a call: decided by seed, function, order and number of the call
door      where each call of a function to AWS and to vendors passes, slowed, failed, cut off
straight    past botocore's bytes, as long as AWS does not disturb calls
containers  what functions remember between runs, per container as at Lambda
clients   boto3 clients that evenings hand on to each other
play      one plan from its first order to calm, then the auditor
shrink    a failing plan made smaller
story     what happened to one order, call by call
cores     a core for each process that plays
fleet     many seeds on all cores; command: `python -m simulators.sim --help`
"""
