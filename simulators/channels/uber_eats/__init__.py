"""Uber Eats: thin signed webhooks, the order fetch, accept, deny, cancel, and the clock."""
