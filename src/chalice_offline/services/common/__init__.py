"""What several services share: pages, tags, policies. No service, and it knows none."""
