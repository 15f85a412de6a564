"""Suggestions as they are told: the engine's advice in words, with what it rests on, and the map of a week's hours.

May import the engine and the content measures; forecasts import it.
"""
