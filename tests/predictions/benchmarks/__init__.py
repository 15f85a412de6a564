"""Tests of benchmarks by account size."""
