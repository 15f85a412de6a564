"""Tests of the engine's features."""
