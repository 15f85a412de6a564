"""Tests of fetching and storing posts: refreshes, the schedule, faults, killed workers."""
