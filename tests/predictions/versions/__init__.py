"""Tests of model versions: registry, canary, rollback."""
