"""Tests of the engine's estimators."""
