"""The alarm for leaks of the future, and its tests."""
