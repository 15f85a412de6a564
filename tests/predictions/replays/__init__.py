"""Replays of accounts' latest posts."""
