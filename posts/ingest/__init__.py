"""The one door for posts: fetch an account, store its posts, observe their counts on schedule, measure their content.

May import `posts.platforms`, `posts.models` and `posts.content`.
"""
