"""Lists in pages, as requests ask for them with MaxResults and NextToken."""

from __future__ import annotations

from chalice_offline.services.common.paging import Pages
from chalice_offline.services.scheduler.errors import validation_error
from chalice_offline.services.scheduler.limits import PAGE_SIZE

page = Pages("MaxResults", PAGE_SIZE, lambda: validation_error("Invalid NextToken.")).page
