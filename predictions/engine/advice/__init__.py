"""Advice on a draft: changes whose effects on this account are known well enough, and comparisons of drafts.

May import the rest of the engine but its evaluation.
"""
