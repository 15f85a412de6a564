"""The form of the page that compares variants."""

from django.forms import formset_factory

from predictions.comparisons.services import FEWEST
from predictions.forecasts.forms import DraftForm

MOST_ON_PAGE = 4


class VariantForm(DraftForm):
    """A draft without what a comparison does not use."""

    cover = None  # type: ignore[assignment]
    within = None  # type: ignore[assignment]


VariantFormSet = formset_factory(
    VariantForm,
    min_num=FEWEST,
    validate_min=True,
    extra=MOST_ON_PAGE - FEWEST,
    max_num=MOST_ON_PAGE,
    absolute_max=MOST_ON_PAGE,
    validate_max=True,
)
