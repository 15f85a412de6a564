"""Tests of feedback on forecasts."""
