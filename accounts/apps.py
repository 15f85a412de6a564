from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        """Import what registers itself: steps of an erasure, a rule of retention, receivers of signals."""
        from accounts.credentials import retention_rules  # noqa: F401
        from accounts.linked import erasure_steps, local_time, time_zone_question  # noqa: F401
        from accounts.mail import checks  # noqa: F401
        from accounts.mail import receivers as mail  # noqa: F401
        from accounts.push import receivers as push  # noqa: F401
        from accounts.seats import receivers as seats  # noqa: F401
        from accounts.sign_in import sessions  # noqa: F401
        from accounts.staff import home, log_entries, roles  # noqa: F401
        from accounts.telling import receivers as telling  # noqa: F401
        from accounts.tokens import receivers  # noqa: F401
        from accounts.webhooks import receivers as webhooks  # noqa: F401
