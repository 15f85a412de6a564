"""Consent, purpose by purpose. Imports the trail and what the trail imports."""
