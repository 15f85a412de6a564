"""Measures of captions and covers: pure functions on text and bytes, free of Django.

Of the rest of Postcast it may import `privacy.anonymity.blanking` alone, which is as pure.
"""
