"""Tests of insights: effects of habits, how sure they are, the page and the API."""
