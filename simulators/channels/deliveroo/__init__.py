"""Deliveroo: fat signed webhooks, orders answered by PATCH, scheduled ones confirmed once more."""
