"""Account effects: how an account's audience reacts to what a creator controls. A hierarchical linear model.

May import the engine's types and data.
"""
