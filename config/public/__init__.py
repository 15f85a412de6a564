"""Pages that say the same to everybody: help, the API's guide and reference, terms, and the operator's imprint.

May import the settings and the API's schema; it knows no domain rule and reads no table.
"""
