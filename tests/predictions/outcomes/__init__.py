"""Tests of outcomes: matching posts to forecasts, measuring, the track record."""
