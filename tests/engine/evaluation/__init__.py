"""Tests of backtests, promotion and drift."""
