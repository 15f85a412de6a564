"""The forecast explained in plain words, with the record of the model that serves here.

May import versions and the models.
"""
