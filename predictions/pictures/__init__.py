"""A draft's picture in words: a sentence for people who do not see it, and the check for nudity.

Imports `posts.content.pictures`.
"""
