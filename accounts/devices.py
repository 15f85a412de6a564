"""The browser and system of a request, in a few words: enough to recognise it, and to follow nobody."""

# the first that is found: most browsers claim to be the ones after them as well
_BROWSERS = {
    **{"Edg": "Edge", "OPR/": "Opera", "SamsungBrowser": "Samsung Internet", "Firefox": "Firefox", "FxiOS": "Firefox"},
    **{"CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari"},
}
_SYSTEMS = {
    **{"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "CrOS": "ChromeOS"},
    **{"Mac OS X": "Mac", "Linux": "Linux"},
}
UNKNOWN = "a program"


def device_of(user_agent: str) -> str:
    """Return e.g. `Firefox on Linux`, without versions; UNKNOWN for what is no browser."""
    browser = next((name for sign, name in _BROWSERS.items() if sign in user_agent), None)
    system = next((name for sign, name in _SYSTEMS.items() if sign in user_agent), None)
    return " on ".join(filter(None, (browser, system))) or UNKNOWN
