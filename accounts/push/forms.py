"""The form by which a browser hands its subscription over."""

from django import forms

from accounts.push.services import LONGEST_ADDRESS


class SubscriptionForm(forms.Form):
    """A subscription as the browser made it."""

    url = forms.CharField(max_length=LONGEST_ADDRESS)
    p256dh = forms.CharField(max_length=100)
    auth = forms.CharField(max_length=32)
