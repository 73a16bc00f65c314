"""A merchant applies, is checked, is approved by a person, sells: the workflow store-onboarding."""
