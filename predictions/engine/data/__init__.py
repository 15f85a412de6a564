"""Post histories: their file format, the growth curve, labels, and histories as arrays as of any moment.

May import `engine.types`, `engine.statistics`, `engine.archive` and `posts.content`.
"""
