"""Benchmarks as the API shows them."""

from rest_framework import serializers

from config.api.serializers import ModelSerializer
from predictions.benchmarks.selectors import most_followers
from predictions.models import Benchmark


class BenchmarkSerializer(ModelSerializer[Benchmark]):
    """The usual figures of accounts of one size in a quarter, rounded and with noise, which protects each account."""

    most_followers = serializers.SerializerMethodField(help_text="Null: no bound.")

    class Meta:
        model = Benchmark
        fields = [
            *("quarter", "until", "least_followers", "most_followers", "accounts"),
            *("likes_low", "likes_typical", "likes_high", "engagement_rate", "posts_per_week"),
        ]
        read_only_fields = fields

    def get_most_followers(self, benchmark: Benchmark) -> int | None:
        return most_followers(benchmark.least_followers)
