"""The RSA key that stands in for AWS's when messages are signed. It is public: not a secret.

It ships with the package so that signatures are the same on every machine and a verifier can be
tested offline; it protects nothing, and nothing of AWS trusts it. Given as its two primes, from
which the rest follows.
"""

from __future__ import annotations

PUBLIC_EXPONENT = 65537

PRIME_1 = int(
    "fafb8f527fd28dcc6e332ec8fe8ea7f1098ac2aed6d67167f8cc79497a704222"
    "947ed8ed7e6d07c33011598d44ce8f1d6427e959e4e08f169d6b0a1fe17996e3"
    "f1717892022f41d51b45133a015c2dba26d40290f03ad4ceba3c91113e72207f"
    "ab886fdda0451f9d50eb2afbaf8966e01e4aa3cfcb941f448415e99de8f5653b",
    16,
)

PRIME_2 = int(
    "c466d072167e1a6a62f1ab4bb19047cd15c8b0ae59dd1be8440de152561559b4"
    "be494081249dfdcf8643674824265ccfb300658e4fc442897ba79f0d6da222f8"
    "801c67b6ca078c2170ad63e4485a6a591862e3b800f94e6c59648d8636f1bd9a"
    "e64e6d13184ef7b2e513de506a82c52fb63587db588a8e9c04a76f73f293ea37",
    16,
)
