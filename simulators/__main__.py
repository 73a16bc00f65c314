"""`python -m simulators`: see `simulators.server`."""

from __future__ import annotations

import sys

from simulators.server import main

if __name__ == "__main__":
    sys.exit(main())
