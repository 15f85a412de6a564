"""Tests of the platforms that posts come from."""
