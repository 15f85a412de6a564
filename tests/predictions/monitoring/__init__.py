"""Tests of monitoring: forecast errors, drift, alarms."""
