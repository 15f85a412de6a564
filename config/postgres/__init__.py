"""Django's backend of PostgreSQL as this service uses it; imports no app."""
