"""Lists in pages, as requests ask for them with Limit and NextToken."""

from __future__ import annotations

from chalice_offline.services.common.paging import Pages
from chalice_offline.services.events.errors import validation_error
from chalice_offline.services.events.limits import PAGE_SIZE

page = Pages("Limit", PAGE_SIZE, lambda: validation_error("Parameter NextToken is not valid.")).page
