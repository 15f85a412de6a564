"""Tests of the engine's experiments."""
