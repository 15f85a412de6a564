"""Tests of forecasts over the REST API."""
