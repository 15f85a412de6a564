"""Tests of what is measured of captions and pictures."""
