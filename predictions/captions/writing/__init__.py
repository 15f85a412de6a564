"""The caption writer without Django: own pieces, templates and an n-gram model in, ranked candidates out.

May import posts.content and privacy.anonymity.
"""
