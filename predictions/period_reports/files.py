"""Reports as files for a spreadsheet."""

import csv
import io
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from config.csv_cells import guarded
from posts.naming import address_on_tiktok, title_of
from predictions.period_reports.report import PeriodReport, ReportedPost


def as_csv(report: PeriodReport) -> str:
    """Return the report's posts as CSV, with times in the zone that is active and whole numbers where counts are."""
    file = io.StringIO()
    rows = csv.writer(file)
    zone = timezone.get_current_timezone_name()
    rows.writerow(
        [
            *(_("Published ({zone})").format(zone=zone), _("Words")),
            *(_("Typical likes"), _("Likely from"), _("Likely to")),
            *(_("Likes after 24 hours"), _("Measured or estimated"), _("Inside the range")),
            *(_("Likes so far"), _("Views so far"), _("Comments so far"), _("Shares so far")),
            *(_("Likes against the average of the five posts before"), _("Address"), _("Id")),
        ]
    )
    for each in report.posts:
        rows.writerow(_row(each))
    return file.getvalue()


def _row(each: ReportedPost) -> list[object]:
    post, result = each.post, each.result
    forecast = result.prediction if result else None
    judged = result if result and result.is_measured else None
    return [
        *(_moment(post.posted_at), guarded(title_of(post))),
        *([round(forecast.typical), round(forecast.low), round(forecast.high)] if forecast else ["", "", ""]),
        *([round(result.likes), result.label] if result else ["", ""]),
        "" if judged is None else _("yes") if judged.within_interval else _("no"),
        *("" if count is None else count for count in (post.likes, post.views, post.comments, post.shares)),
        "" if each.against_usual is None else f"{each.against_usual:.2f}",
        *(guarded(address_on_tiktok(post)), post.public_id),
    ]


def _moment(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"
