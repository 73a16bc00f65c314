"""What others may rely on about our events: types, versions, JSON Schemas, an AsyncAPI document."""
