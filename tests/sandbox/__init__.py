"""A local TikTok for development and tests: its wire over HTTP, and simulated creators behind it.

It runs in its own process (`python -m tests.sandbox --help`) and imports nothing of the application, which reaches it
only through TIKTOK_AUTHORIZE_URL and TIKTOK_API_URL. README.md describes the control and truth endpoints.
"""
