"""Pages of accounts, and the addresses at the root that belong to no app."""

from django.templatetags.static import static
from django.urls import path
from django.utils.functional import lazy
from django.views.generic import RedirectView, TemplateView

from accounts.linked import webhooks
from accounts.mail import views as mail
from accounts.people import views
from accounts.push import views as push
from accounts.seats import views as seats
from accounts.sign_in import session_pages, without_tiktok
from accounts.sign_in import views as sign_in
from accounts.telling import views as telling
from accounts.tiktok.presence import only_with_tiktok
from accounts.webhooks import views as own_webhooks

app_name = "accounts"
PUSH_WORKER = TemplateView.as_view(template_name="telling/push.js", content_type="text/javascript")
MANIFEST = TemplateView.as_view(template_name="site.webmanifest", content_type="application/manifest+json")
"""Phones of Apple tell of notices only what stands on their home screen."""
urlpatterns = [
    path("", TemplateView.as_view(template_name="accounts/welcome.html"), name="welcome"),
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/start/", without_tiktok.start_from_a_file, name="start_from_a_file"),
    path("sign-in/failed/", sign_in.sign_in_failed, name="sign_in_failed"),
    path("settings/", views.settings, name="settings"),
    path("settings/sessions/", session_pages.sessions, name="sessions"),
    path("settings/tokens/", views.create_token, name="create_token"),
    path("settings/tokens/<int:token_id>/revoke/", views.revoke_token, name="revoke_token"),
    path("settings/accounts/<slug:account_id>/time-zone/", views.set_time_zone, name="set_time_zone"),
    path("settings/accounts/<slug:account_id>/disconnect/", views.disconnect, name="disconnect"),
    path("notifications/", telling.notifications, name="notifications"),
    path("notifications/<slug:notice_id>/", telling.open_notice, name="open_notice"),
    path("settings/devices/", push.change_devices, name="devices"),
    path("push.js", PUSH_WORKER, name="push_worker"),
    path("site.webmanifest", MANIFEST, name="manifest"),
    path("settings/e-mail/", mail.mail, name="mail"),
    path("settings/e-mail/confirm/<str:token>/", mail.confirm_mail, name="confirm_mail"),
    path("settings/e-mail/remove/<str:token>/", mail.remove_mail, name="remove_mail"),
    path("settings/webhooks/", own_webhooks.webhooks, name="webhooks"),
    path("settings/webhooks/<slug:webhook_id>/", own_webhooks.webhook, name="webhook"),
    path("settings/accounts/<slug:account_id>/seats/", seats.seats, name="seats"),
    path("settings/accounts/<slug:account_id>/seats/<slug:seat_id>/remove/", seats.remove_seat, name="remove_seat"),
    path("seats/<slug:seat_id>/leave/", seats.leave_seat, name="leave_seat"),
    path("join/<str:token>/", seats.join, name="join"),
    path("webhooks/tiktok/", only_with_tiktok(webhooks.tiktok_webhook), name="tiktok_webhook"),
    path("robots.txt", TemplateView.as_view(template_name="robots.txt", content_type="text/plain"), name="robots"),
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("icons/favicon.svg")), name="favicon"),
    # allauth's own pages for these do less than ours (and its disconnecting would leave the grant at TikTok in force);
    # this file is read before allauth's, so they are never reached
    path("accounts/login/", RedirectView.as_view(pattern_name="accounts:sign_in", query_string=True), name="login"),
    path("accounts/3rdparty/", RedirectView.as_view(pattern_name="accounts:settings"), name="connections"),
]
