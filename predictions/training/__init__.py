"""Training the global model: which accounts it learns from, comparison with the champion, and forgetting accounts.

May import learning, versions, the engine and the models.
"""
