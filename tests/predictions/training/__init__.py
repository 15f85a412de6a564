"""Tests of training: comparison and promotion, one training at a time, accounts that left."""
