"""People, their TikTok accounts, sealed credentials, API tokens and staff; must not import posts or predictions."""
