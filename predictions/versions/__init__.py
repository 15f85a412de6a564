"""Model versions: signed artefacts, the champion and the canary, rollback.

May import the engine and the models.
"""
