"""By night: what partners say they owe us, line by line against our orders.

statements.py   a partner's file, read whole
matching.py     its lines against our orders: what differs
delivered.py    one file's way: read, matched, noted, put away
steps.py        what the workflow's functions do: plan, match one store, report
report.py       the night's report, for people and for spreadsheets
"""
