"""Files that people bring: uploaded in sealed parts, read into rows that they look at, stored when they confirm."""

import json
from typing import Any

from django.db import models
from django.db.models import Q

from accounts import identifiers
from accounts.models import TikTokAccount
from config.jobs import Job
from posts.models.posts import Origin
from privacy import sealing
from privacy.declarations.columns import personal, plain
from privacy.models import Part, PersonalData


def place_of_row(row: "ImportRow") -> str:
    """Return the place that the sealed content of the row is bound to."""
    return f"posts.import:{row.import_job_id}:row:{row.number}"


def _content(row: "ImportRow") -> str:
    return sealing.unseal(bytes(row.sealed), place=place_of_row(row)) if row.sealed else ""


class Import(Job, PersonalData):
    """One file, from its upload until it is stored, refused or cancelled."""

    class State(models.TextChoices):
        UPLOADING = "uploading"
        READING = "reading"
        # waits for the person's yes
        READY = "ready"
        STORING = "storing"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    OPEN = (State.UPLOADING, State.READING, State.READY, State.STORING)
    ACTIVE = (State.READING, State.STORING)
    task = "posts.imports.tasks.run_import"

    public_id = personal(
        models.CharField(max_length=32, unique=True, default=identifiers.import_id, editable=False),
        "The import's id in this service's pages and API",
    )
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="imports")
    personal(account, "The account that it is for")
    state = personal(
        models.CharField(max_length=16, choices=State, default=State.UPLOADING),
        "Whether it is being read, waits for your yes, is stored, was refused or cancelled",
    )
    origin = personal(
        models.CharField(max_length=8, choices=Origin, blank=True, default=""), "Whether it is a data export or a table"
    )
    layout = personal(models.CharField(max_length=500, blank=True), "Where in the file the posts were found")
    username = personal(models.CharField(max_length=100, blank=True), "The user name that the file tells", called=True)
    followers = personal(models.PositiveBigIntegerField(null=True), "Followers that the file tells")
    sha256 = personal(models.CharField(max_length=64, blank=True), "A digest that recognises the same file")
    size = personal(models.PositiveBigIntegerField(default=0), "Bytes of the file")
    observed_at = personal(
        models.DateTimeField(help_text="Of counts whose moment the file does not tell: when it first came."),
        "When counts of it were read, where it does not tell",
    )
    rows_new = personal(models.PositiveIntegerField(default=0), "Posts of it that were not known")
    rows_merged = personal(models.PositiveIntegerField(default=0), "Rows about posts that were known")
    rows_observed = personal(models.PositiveIntegerField(default=0), "Further counts of posts of the file")
    rows_unchanged = personal(models.PositiveIntegerField(default=0), "Rows that say nothing new")
    rows_skipped = personal(models.PositiveIntegerField(default=0), "Rows that could not be taken")
    posts_rounded = personal(
        models.PositiveIntegerField(default=0, db_default=0), "Posts of it whose counts are rounded, such as 1.2K"
    )
    stored_until = plain(models.PositiveIntegerField(default=0), "the last row that was stored")
    comments = personal(models.PositiveIntegerField(default=0), "Comments whose texts were read and dropped")
    themes = personal(
        models.JSONField(default=list), "What several comments ask or speak of, as words with counts, without names"
    )
    error = personal(models.CharField(max_length=1000, blank=True), "Why it was refused")
    created_at = personal(models.DateTimeField(auto_now_add=True), "When the file came")
    finished_at = personal(models.DateTimeField(null=True), "When it was stored, refused or cancelled")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(state__in=["uploading", "reading", "ready", "storing"]),
                name="one_open_import_per_account",
            )
        ]

    def __str__(self) -> str:
        return self.public_id


class ImportPart(Part):
    """A piece of an uploaded file, sealed: any worker can read it, and no disk holds it in the clear."""

    import_job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="parts")
    personal(import_job, "The import")
    created_at = personal(models.DateTimeField(auto_now_add=True), "When it came")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["import_job", "number"], name="one_import_part_per_number")]

    def __str__(self) -> str:
        return f"part {self.number} of {self.import_job}"

    def place(self) -> str:
        """Return the place that the bytes are bound to."""
        return f"posts.import:{self.import_job_id}:part:{self.number}"


class ImportRow(PersonalData):
    """A row of a file: what is to become of it and why. Its content is sealed, and gone once it is stored."""

    class Outcome(models.TextChoices):
        NEW = "new"
        MERGED = "merged"
        OBSERVED = "observed"
        UNCHANGED = "unchanged"
        SKIPPED = "skipped"

    STORED = (Outcome.NEW, Outcome.MERGED, Outcome.OBSERVED)

    import_job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    personal(import_job, "The import")
    number = personal(models.PositiveIntegerField(), "Its place in the file")
    outcome = personal(models.CharField(max_length=16, choices=Outcome), "What becomes of it")
    reason = personal(models.CharField(max_length=300, blank=True), "Why it is skipped, or says nothing new")
    tiktok_id = personal(models.CharField(max_length=64, blank=True), "The post's id in the file")
    posted_at = personal(models.DateTimeField(null=True), "When the post was published")
    likes = personal(models.BigIntegerField(null=True), "Its likes")
    sealed = personal(
        models.BinaryField(default=b""), "What the file says of the post", exported=_content, sealed=place_of_row
    )
    created_at = personal(models.DateTimeField(auto_now_add=True), "When it was read")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["import_job", "number"], name="one_import_row_per_number")]

    def __str__(self) -> str:
        return f"row {self.number} of {self.import_job}"

    def seal_content(self, content: dict[str, Any]) -> None:
        """Seal what is to be stored of the row."""
        self.sealed = sealing.seal(json.dumps(content), place=place_of_row(self))

    def content(self) -> dict[str, Any]:
        """Return what `seal_content` took. Raise SealBroken."""
        content: dict[str, Any] = json.loads(_content(self))
        return content
