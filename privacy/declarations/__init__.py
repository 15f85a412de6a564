"""Declarations of what the apps keep and why. Imports the purposes and the texts of consent, no other room."""
