"""Tests of config.rate_limits and of the doors that it watches."""
