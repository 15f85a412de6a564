"""Nowcasts: the likes of a young post by its forecast and its counts so far, computed when asked for and never stored.

May import outcomes, learning, versions, the engine and the models. Nothing that forecasts or suggests imports it.
"""
