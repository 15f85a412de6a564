"""Tests of the account effects."""
