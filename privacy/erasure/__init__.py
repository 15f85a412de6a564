"""Erasure of a person or of one account, in steps that can be repeated. Imports consent, the trail and below."""
