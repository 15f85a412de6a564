"""TikTok accounts: linked, kept up to date, disconnected; may import credentials, tiktok and models."""
