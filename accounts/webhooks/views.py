"""Pages of webhooks: the list with a form for a new one, and each with the log of its messages."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.linked.switcher import SignedInRequest, choose_account
from accounts.models import Webhook
from accounts.telling.words import KIND_WORDS
from accounts.webhooks import services
from accounts.webhooks.forms import KindsForm, WebhookForm
from accounts.webhooks.selectors import deliveries_of, webhooks_of
from config.rate_limits import Limit, rate_limited

DELIVERIES_PER_PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@rate_limited(Limit.CHANGE)
def webhooks(request: SignedInRequest) -> HttpResponse:
    """List the person's webhooks; add one, and answer with the page itself, as its secret is stored nowhere."""
    context: dict[str, object] = {"form": WebhookForm()}
    if request.method == "POST":
        form = WebhookForm(request.POST)
        context["form"] = form
        if form.is_valid():
            try:
                webhook, secret = services.add_webhook(user=request.user, **form.cleaned_data)
                context = {"form": WebhookForm(), "added": webhook, "secret": secret}
            except services.TooManyWebhooks as error:
                form.add_error("url", str(error))
    return render(request, "telling/webhooks.html", {"webhooks": webhooks_of(request.user), **context})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@rate_limited(Limit.CHANGE)
def webhook(request: SignedInRequest, webhook_id: str) -> HttpResponse:
    """Show a webhook with its log; change it, test it, send a message again, or remove it."""
    own = get_object_or_404(webhooks_of(request.user), public_id=webhook_id)
    form = KindsForm(initial={"kinds": own.kinds})
    if request.method == "POST":
        if "kinds" in request.POST or "save" in request.POST:
            form = KindsForm(request.POST)
            if form.is_valid():
                services.change_webhook(webhook=own, kinds=form.cleaned_data["kinds"])
                messages.success(request, _("Saved."))
        elif "remove" in request.POST:
            services.remove_webhook(webhook=own)
            messages.success(request, _("The webhook is removed."))
            return redirect("accounts:webhooks")
        else:
            _act(request, own)
        if not form.errors:
            return redirect("accounts:webhook", own.public_id)
    chosen, _linked = choose_account(request)
    page = Paginator(deliveries_of(request.user, own.public_id), DELIVERIES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "webhook": own,
        "form": form,
        "page": page,
        "sent": [(delivery, KIND_WORDS.get(delivery.kind, _("A test"))) for delivery in page.object_list],
        "account": chosen.account if chosen else None,
    }
    return render(request, "telling/webhook.html", context)


def _act(request: SignedInRequest, own: Webhook) -> None:
    """Do what the button says that was pressed."""
    if "test" in request.POST:
        services.send_test(webhook=own)
        messages.success(request, _("A test is on its way: see the log below in a moment."))
    elif "off" in request.POST:
        services.change_webhook(webhook=own, enabled=False)
        messages.success(request, _("The webhook is switched off."))
    elif "on" in request.POST:
        services.change_webhook(webhook=own, enabled=True)
        messages.success(request, _("The webhook is switched on."))
    elif "replay" in request.POST:
        deliveries = deliveries_of(request.user, own.public_id)
        services.replay(delivery=get_object_or_404(deliveries, public_id=request.POST["replay"]))
        messages.success(request, _("The message is sent again."))
