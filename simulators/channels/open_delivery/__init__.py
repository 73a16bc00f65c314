"""Open Delivery, as iFood and Keeta speak it: thin signed webhooks or polling, then the order."""
