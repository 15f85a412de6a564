"""Files that creators bring, made by code."""
