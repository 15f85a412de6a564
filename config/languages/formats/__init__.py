"""Formats of dates and numbers by language, where Django's own do not fit a phone."""
