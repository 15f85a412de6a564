"""Tests of experiments of creators."""
