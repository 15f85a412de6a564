"""Import posts from people's files and programs: read, show what would happen, store what the person confirmed.

May import `posts.ingest`, whose door stores the posts, and what that may import.
"""
