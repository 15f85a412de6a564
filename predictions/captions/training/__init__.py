"""An experiment: a small transformer that learns to write as a creator does, against the n-grams that serve.

Free of Django; needs torch, so only a command may import it.
May import `writing`, the engine's files and ViralScore's figures.
"""
