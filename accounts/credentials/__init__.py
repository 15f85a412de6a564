"""TikTok's tokens for an account: sealed, handed out, renewed, revoked; may import tiktok and models."""
