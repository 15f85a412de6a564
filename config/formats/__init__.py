"""Formats of dates by language, in place of Django's: 24 hours, and no “noon”."""
