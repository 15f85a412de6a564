"""The state of each question: pairs, agreement of raters, and how often measured scores agree with both of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from predictions.labels.agreement import FEWEST_PAIRS, Alpha, Share, agreement_of, share_right
from predictions.labels.measuring import preferred_sides
from predictions.labels.selectors import VotedPair, counts_of_pairs, voted_pairs
from predictions.models import LabelPair
from predictions.models.labels import Side
from predictions.viralscore.subscores import VALUE, Record

Question = LabelPair.Question

PART_OF = {Question.EMOTION: "E", Question.HOOK: "H", Question.COPY: "R", Question.SHARE: "S"}
"""The sub-score that each question is about; T is about trends, of which a caption alone says nothing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of one question."""

    question: LabelPair.Question
    part: str
    drawn: int
    raters: int
    done: int
    """Pairs with two votes, the newest."""
    decided: int
    """Pairs of those for which both raters chose the same caption."""
    alpha: Alpha | None
    """None with fewer than `FEWEST_PAIRS` done."""
    part_agrees: Share | None
    """Of the decided pairs that the sub-score tells apart; None where it tells none apart, or too few are done."""
    value_agrees: Share | None
    """The same of V."""

    @property
    def missing(self) -> int:
        """Pairs that are still to be answered by two before agreement is told."""
        return max(0, FEWEST_PAIRS - self.done)


def standings(record: Record | None) -> list[Standing]:
    """Return the state of each question, with scores by the record."""
    counts = counts_of_pairs()
    done = {question: voted_pairs(question) for question in Question}
    decided = {question: [pair for pair in pairs if _choice(pair)] for question, pairs in done.items()}
    enough = [pair for question in Question if len(done[question]) >= FEWEST_PAIRS for pair in decided[question]]
    sides = preferred_sides(record, enough) if record and enough else {}
    return [
        Standing(
            question=question,
            part=PART_OF[question],
            drawn=counts[question]["drawn"] if question in counts else 0,
            raters=len([rater for rater in counts[question]["raters"] if rater]) if question in counts else 0,
            done=len(done[question]),
            decided=len(decided[question]),
            alpha=agreement_of([pair.votes for pair in done[question]]),
            part_agrees=_share(decided[question], sides, PART_OF[question]),
            value_agrees=_share(decided[question], sides, VALUE),
        )
        for question in Question
    ]


def people_of(record: Record) -> dict[str, str]:
    """Return, by part, how often people agree with it in words, for the table of evidence of a model's record."""
    return {each.part: in_words(each) for each in standings(record)}


def in_words(standing: Standing) -> str:
    """Return how often people agree with the sub-score: "14 of 20 (48 to 85 %)", or why that is not told."""
    if standing.missing:
        return f"needs {standing.missing} more pairs" if standing.missing > 1 else "needs 1 more pair"
    return share_in_words(standing.part_agrees)


def share_in_words(share: Share | None) -> str:
    """Return a share with its interval in words."""
    if share is None:
        return "tells no pair apart"
    return f"{share.right} of {share.of} ({100 * share.low:.0f} to {100 * share.high:.0f} %)"


def _choice(pair: VotedPair) -> Side | None:
    """Return the side that both raters chose; None where they differ or call the two about the same."""
    first, second = pair.votes
    return first if first == second and first is not Side.SAME else None


def _share(pairs: Sequence[VotedPair], sides: dict[int, dict[str, Side]], name: str) -> Share | None:
    told = [(sides[pair.pk][name], pair.votes[0]) for pair in pairs if name in sides.get(pair.pk, {})]
    return share_right([score for score, _ in told], [choice for _, choice in told])
