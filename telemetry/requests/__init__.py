"""Records of requests: measured in each process, written in batches by a thread, kept by day, summed up by route.

No content, no address and nobody's name is recorded; must not import accounts, posts or predictions.
"""
