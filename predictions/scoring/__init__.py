"""V and its parts for a draft: learned with each model version, told with the evidence for each.

May import the engine, ViralScore, `models`, `versions` and `learning`.
"""
