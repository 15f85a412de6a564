"""The search for traces of an erased person, in the database, Redis and the queue. Imports models and declarations."""
