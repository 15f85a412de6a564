"""What accounts of one size usually get, released once a quarter with noise.

May import training, learning, versions, the engine and the models.
"""
