"""Watching suggestions: people's reports, how tried ones turned out, what is switched off, how alike they are.

May import outcomes, the engine and the models; forecasts import it.
"""
