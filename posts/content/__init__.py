"""Measures of captions and covers: pure functions on text and bytes, free of Django.

May import nothing else of Postcast.
"""
