"""Declarations of everything that accounts keeps, by who keeps it; may import the other rooms."""

from accounts.data_map import libraries, redis, tables

DATA_MAP = (*tables.TABLES, *libraries.TABLES, *redis.KEYS_AND_MESSAGES)
