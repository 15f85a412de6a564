"""Panels that other apps add to the page of an account's posts.

An app registers them in a module that it imports when it is ready:

    @register_panel
    def track_record(account: TikTokAccount) -> str:
        return render_to_string("...", {...})
"""

from collections.abc import Callable

from accounts.models import TikTokAccount

Panel = Callable[[TikTokAccount], str]

_panels: list[Panel] = []


def register_panel(panel: Panel) -> Panel:
    """Show the panel, a function from an account to HTML, below those registered before."""
    _panels.append(panel)
    return panel


def panels_of(account: TikTokAccount) -> list[str]:
    """Return the HTML of every panel for the account."""
    return [panel(account) for panel in _panels]
