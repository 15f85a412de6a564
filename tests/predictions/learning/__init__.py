"""Tests of learning an account."""
