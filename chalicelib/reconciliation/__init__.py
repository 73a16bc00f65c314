"""Every night: partner, record and kitchen are compared, store by store."""
