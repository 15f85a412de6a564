"""Signing in with TikTok through django-allauth; may import linked, tiktok and models."""
