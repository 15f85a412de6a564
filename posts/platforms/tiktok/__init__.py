"""TikTok's Display API: its answers, calls on behalf of an account, the shared rate limit, downloads of covers.

May import `accounts.tiktok`, which holds the tokens and the errors.
"""
