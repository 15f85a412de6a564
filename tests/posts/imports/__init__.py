"""Tests of imports of files and of pushed posts."""
