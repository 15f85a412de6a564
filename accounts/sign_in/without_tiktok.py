"""The way in where no app at TikTok is configured: a name and a password, and an account that lives from files."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm, UserCreationForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.linked.services import open_file_account
from accounts.models import User
from accounts.tiktok.presence import tiktok_is_on
from config.next_page import lead_on
from config.rate_limits import Limit, enforce
from privacy.anonymity.blanking import blank_identities

FIRST_BACKEND = "accounts.staff.passwords.PasswordBackend"
MAX_NAME = 40


class StartForm(UserCreationForm):  # type: ignore[type-arg]
    """A name to sign in with, and a password twice."""

    class Meta:
        model = User
        fields = ("username",)
        labels = {"username": gettext_lazy("Name")}
        help_texts = {"username": gettext_lazy("Any name to sign in with, letters and digits; it need not be yours.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs["class"] = "input"
        for name in ("password1", "password2"):
            self.fields[name].widget.attrs["class"] = "input"
            self.fields[name].help_text = ""
        self.fields["password1"].help_text = gettext(
            "Eight characters or more, not only digits, and none that many people have."
        )

    def clean_username(self) -> str:
        """Refuse names that are taken, that are contacts, and those that the service makes itself."""
        name = str(super().clean_username())
        if len(name) > MAX_NAME or blank_identities(name) != name:
            raise ValidationError(
                gettext("Please choose up to %(number)s letters and digits, and no address or number of yours.")
                % {"number": MAX_NAME}
            )
        return name


class PasswordForm(AuthenticationForm):
    """The name and the password of a person without TikTok; staff sign in to the admin, with a second factor."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = gettext("Name")
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"

    def confirm_login_allowed(self, user: Any) -> None:
        """Raise ValidationError for staff, and for people who may not sign in."""
        if user.is_staff:
            raise self.get_invalid_login_error()
        super().confirm_login_allowed(user)


@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def start_from_a_file(request: HttpRequest) -> HttpResponse:
    """Make a person with an account for posts from files, signed in; 404 where TikTok says who somebody is."""
    if tiktok_is_on():
        raise Http404
    if request.user.is_authenticated:
        return redirect("posts:bring_file")
    if request.method == "POST":
        enforce(request, Limit.SIGN_IN)
    form = StartForm(request.POST or None)
    if not form.is_valid():
        return render(request, "accounts/start_from_a_file.html", {"form": form})
    with transaction.atomic():
        user = form.save()
        # signed in first: the trail then says that the person did it
        login(request, user, backend=FIRST_BACKEND)
        open_file_account(user=user, now=timezone.now())
    return redirect("posts:bring_file")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sign_in_with_password(request: HttpRequest) -> HttpResponse:
    """Sign a person in by name and password; 404 where TikTok says who somebody is."""
    if tiktok_is_on():
        raise Http404
    form = PasswordForm(request, request.POST or None)
    wanted = request.POST.get("next", request.GET.get("next", ""))
    if not form.is_valid():
        return render(request, "accounts/sign_in_with_password.html", {"form": form, "next": wanted})
    login(request, form.get_user())
    return lead_on(request, wanted, otherwise=settings.LOGIN_REDIRECT_URL)
