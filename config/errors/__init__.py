"""Errors that browsers see: pages for bare answers of Django, and what a person typed into a form that is refused.

Answers while the database is away are in `config.unavailable`; those to programs in `config.api.problems`.
"""
