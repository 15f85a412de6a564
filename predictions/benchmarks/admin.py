"""Benchmarks for staff, read-only."""

from django.contrib import admin

from predictions.models import Benchmark
from privacy.trail.staff.admin import ReadOnlyAdmin


@admin.register(Benchmark)
class BenchmarkAdmin(ReadOnlyAdmin):
    list_display = ["quarter", "least_followers", "accounts", "likes_typical", "engagement_rate", "posts_per_week"]
