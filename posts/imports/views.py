"""Pages on which people bring a file, see what would become of it, and confirm or cancel."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from accounts.linked.switcher import SignedInRequest, choose_account
from config.languages.told import told
from config.rate_limits import Limit, rate_limited
from posts.imports import selectors, services
from posts.imports.uploads import PartsWriter, SealingUploadHandler, TooLarge, refuse_too_large
from posts.models import Import, ImportRow
from posts.platforms.exports.tiktok_json import LAYOUTS
from privacy.consent.selectors import require
from privacy.purposes import Purpose

ROWS_PER_PAGE = 25
SHOWN_IMPORTS = 10


@require_safe
@never_cache
@login_required
def bring(request: SignedInRequest) -> HttpResponse:
    """Show the form for a file, or lead to the import that is not done with."""
    chosen, linked = choose_account(request)
    if chosen is None:
        return render(request, "posts/no_account.html")
    require(request.user.pk, Purpose.SERVICE)
    waiting = selectors.open_import_of(request.user)
    if waiting is not None and waiting.state != Import.State.UPLOADING:
        return redirect("posts:import", waiting.public_id)
    return render(
        request,
        "posts/bring_file.html",
        {
            "account": chosen.account,
            "accounts": linked,
            "layouts": LAYOUTS,
            "imports": selectors.imports_of(request.user).exclude(state__in=Import.OPEN)[:SHOWN_IMPORTS],
        },
    )


# the token is checked by the inner view: reading the form here would take the file in before there is a place for it
@csrf_exempt
@require_POST
@login_required
@rate_limited(Limit.IMPORT)
def upload(request: SignedInRequest) -> HttpResponse:
    """Take a file in as it arrives."""
    chosen, _ = choose_account(request)
    if chosen is None:
        return redirect("posts:bring_file")
    address = f"{reverse('posts:bring_file')}?account={chosen.account.public_id}"
    try:
        refuse_too_large(request)
        begun = services.begin_upload(account_id=chosen.account.pk)
    except (TooLarge, services.ImportInProgress) as error:
        messages.error(request, told(error))
        return redirect(address)
    writer = PartsWriter(begun)
    request.upload_handlers = [SealingUploadHandler(request, writer)]
    finished = False
    try:
        response = _receive(request, writer)
        finished = response.status_code < 400 and begun.state != Import.State.UPLOADING
        return response
    finally:
        if not finished:
            services.drop_upload(begun)


@csrf_protect
def _receive(request: SignedInRequest, writer: PartsWriter) -> HttpResponse:
    if "file" not in request.FILES or not writer.size:
        empty = gettext("There was no file, or an empty one: choose the one that TikTok sent you, or a table.")
        messages.error(request, told(TooLarge()) if writer.is_too_large else empty)
        return redirect(f"{reverse('posts:bring_file')}?account={writer.upload.account.public_id}")
    writer.finish()
    return redirect("posts:import", writer.upload.public_id)


@require_safe
@never_cache
@login_required
def show(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show how an import stands: what would be taken, or what was."""
    shown = get_object_or_404(selectors.imports_of(request.user), public_id=public_id)
    outcome = request.GET.get("outcome", "")
    page = Paginator(selectors.rows_of(shown, outcome), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "posts/import.html",
        {
            "import": shown,
            "account": shown.account,
            "page": page,
            "outcome": outcome,
            "outcomes": ImportRow.Outcome.choices,
            "is_busy": shown.state in (Import.State.UPLOADING, *Import.ACTIVE),
            "other_name": _other_name(shown),
        },
    )


@require_POST
@login_required
def confirm(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Store what was shown."""
    return _answer(request, public_id, services.confirm)


@require_POST
@login_required
def cancel(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Forget the file."""
    return _answer(request, public_id, services.cancel)


def _answer(request: SignedInRequest, public_id: str, service: Callable[[Import], None]) -> HttpResponse:
    answered = get_object_or_404(selectors.imports_of(request.user), public_id=public_id)
    try:
        service(answered)
    except services.NotWaiting as error:
        messages.error(request, told(error))
    return redirect("posts:import", public_id)


def _other_name(shown: Import) -> str:
    """Return the user name in the file if the account is known by another one."""
    ours, theirs = shown.account.username.casefold(), shown.username.casefold()
    return shown.username if ours and theirs and ours != theirs else ""
