"""Our own shop's site, as the app sees it."""
