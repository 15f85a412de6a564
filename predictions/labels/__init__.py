"""Labels by people: staff compare two captions of one creator, blind, and the parts of V are held against them.

May import scoring, ViralScore, the engine, the models, posts and privacy; `versions` shows its figures by a registry.
"""
