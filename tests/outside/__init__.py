"""Tests of the one client for everything that leaves the service, against outsiders that misbehave."""
