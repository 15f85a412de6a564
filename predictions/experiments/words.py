"""The words of experiments: what to do with the next post, and what is known so far."""

from predictions.models import Assignment, Experiment


def instruction_of(assignment: Assignment, experiment: Experiment) -> str:
    """Return what to do with the post that an arm was drawn for."""
    way = experiment.arms.words(is_second=assignment.is_second)
    return f"Publish your next post {way}{_clock(experiment)}"


def answer_of(experiment: Experiment) -> str:
    """Return what is known of an experiment, in one or two sentences."""
    arms = experiment.arms
    known = f"{experiment.posts} {'post' if experiment.posts == 1 else 'posts'}"
    match experiment.state:
        case Experiment.State.ANSWERED:
            better = experiment.effect_pct is not None and experiment.effect_pct > 0
            return (
                f"Answered after {known}: your posts do better {arms.words(is_second=better)}{_clock(experiment)} than "
                f"{arms.words(is_second=not better)}."
            )
        case Experiment.State.NOT_WORTH_WAITING:
            return (
                f"Given up after {known}: the difference is too small, or would take too many more posts, to be worth "
                "waiting for."
            )
        case Experiment.State.STOPPED:
            return f"You stopped it after {known}. It had no answer yet."
    more = experiment.more_posts
    expected = (
        f" About {more} more would tell, if the difference is what it seems." if more and experiment.posts else ""
    )
    return f"Not known yet: {known} so far.{expected} Look as often as you like: that does not make the answer wrong."


def _clock(experiment: Experiment) -> str:
    return " (your local time)" if experiment.feature == Experiment.Feature.POST_TIME else ""
