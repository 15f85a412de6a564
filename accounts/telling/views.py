"""The page of notices."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.linked.switcher import SignedInRequest, choose_account
from accounts.telling import services
from accounts.telling.selectors import notices_of, unread_first
from accounts.telling.words import words_of

NOTICES_PER_PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def notifications(request: SignedInRequest) -> HttpResponse:
    """Show the person's notices, the unread ones first; mark all as read."""
    if request.method == "POST":
        read = services.mark_all_read(user_id=request.user.pk)
        messages.success(
            request, ngettext("%(count)s marked as read.", "%(count)s marked as read.", read) % {"count": read}
        )
        return redirect("accounts:notifications")
    chosen, linked = choose_account(request)
    notices = notices_of(request.user)
    page = Paginator(unread_first(notices), NOTICES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "account": chosen.account if chosen else None,
        "several": len(linked) > 1,
        "page": page,
        "mail_offered": settings.MAIL_OFFERED,
        "told": [(notice, words_of(notice)) for notice in page.object_list],
    }
    return render(request, "telling/notifications.html", context)


@require_POST
@login_required
def open_notice(request: SignedInRequest, notice_id: str) -> HttpResponse:
    """Mark a notice as read, and lead to the page that shows more of it, or back to the list."""
    notice = get_object_or_404(notices_of(request.user), public_id=notice_id)
    services.mark_read(notice=notice)
    return redirect(notice.link if "open" in request.POST else "accounts:notifications")
