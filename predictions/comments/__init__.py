"""Comments on saved drafts, below the draft and by REST.

May import plan, the models and privacy.
"""
