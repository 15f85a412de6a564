"""Retention: purging, the last day of rows, the warning of inactive people. Imports erasure and below."""
