"""Tests of the engine's data: growth, labels, history files."""
