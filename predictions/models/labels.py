"""Pairs of one account's captions that staff compare, and their votes."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least

from accounts.models import TikTokAccount
from posts.models import Post
from privacy.declarations.columns import Column, Kind, personal, plain
from privacy.models import PersonalData

RATERS = 2
"""Members of staff who compare each pair."""


class Side(models.TextChoices):
    """An answer: one of the two, or neither."""

    LEFT = "left", "The left one"
    RIGHT = "right", "The right one"
    SAME = "same", "About the same"


class LabelPair(PersonalData):
    """Two posts of one account, near in time, and the question about their captions."""

    implicit_columns = {"id": Column(Kind.PERSONAL, "The number of the pair's row here")}

    class Question(models.TextChoices):
        HOOK = "hook", "Which one would you rather stop for?"
        EMOTION = "emotion", "Which one stirs more feeling?"
        SHARE = "share", "Which one would you send to a friend?"
        COPY = "copy", "Which one would be easier to copy?"

    question = personal(models.CharField(max_length=8, choices=Question), "What staff are asked about it")
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="label_pairs")
    personal(account, "The account")
    left = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+")
    personal(left, "The post whose caption stands left")
    right = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+")
    personal(right, "The post whose caption stands right")
    drawn_at = personal(models.DateTimeField(auto_now_add=True), "When the two were drawn")

    class Meta:
        ordering = ["id"]
        permissions = [("compare_labelpair", "Can compare captions")]
        constraints = [
            models.UniqueConstraint(
                "question", Least("left", "right"), Greatest("left", "right"), name="one_pair_per_question"
            ),
            models.CheckConstraint(condition=~Q(left=F("right")), name="pair_of_two_posts"),
        ]

    def __str__(self) -> str:
        return f"{self.question}: {self.left} and {self.right}"


class LabelVote(PersonalData):
    """The answer of one member of staff to a pair."""

    implicit_columns = {"id": Column(Kind.PERSONAL, "The number of the answer's row here")}

    pair = models.ForeignKey(LabelPair, on_delete=models.CASCADE, related_name="votes")
    personal(pair, "The pair")
    rater = plain(models.CharField(max_length=150, help_text="The user name."), "the member of staff, as in the trail")
    was_mirrored = personal(
        models.BooleanField(help_text="The pair's right caption stood left: the second person sees it so."),
        "Whether left and right were changed over when it was shown",
    )
    side = personal(models.CharField(max_length=8, choices=Side, help_text="As it was shown."), "Which one was chosen")
    voted_at = personal(models.DateTimeField(auto_now_add=True), "When it was chosen")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["pair", "rater"], name="one_vote_per_rater")]

    def __str__(self) -> str:
        return f"{self.side} of {self.pair_id}"

    @property
    def preferred(self) -> Side:
        """The chosen side of the pair as it was drawn, however it was shown."""
        side = Side(self.side)
        return side if side is Side.SAME or not self.was_mirrored else _OTHER[side]


_OTHER = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}
