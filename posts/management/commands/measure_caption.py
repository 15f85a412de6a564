"""`manage.py measure_caption TEXT`: what is measured of a caption, as JSON. Needs no database."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from posts.content.captions import measure_caption
from posts.content.platform_rules import check_rules
from posts.serializers import MeasuredCaptionSerializer


class Command(BaseCommand):
    help = "Print what is measured of a caption and which of TikTok's rules it keeps, as JSON. Needs no database."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("text", metavar="TEXT", help="the caption, hashtags included")

    def handle(self, *args: Any, **options: Any) -> None:
        caption = measure_caption(options["text"])
        rules = check_rules(options["text"], max_hashtags=settings.TIKTOK_MAX_HASHTAGS)
        answer = MeasuredCaptionSerializer({"caption": caption, "rules": rules}).data
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))
