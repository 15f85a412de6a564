"""API tokens, with which programs act for a person; may import models."""
