"""Platforms that posts are read from: one folder each, behind the protocol in `base`.

May import `posts.content` and `accounts`; nothing here touches a table of posts.
"""
