"""Tests of watching suggestions."""
