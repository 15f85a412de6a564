"""Staff: the admin's second factor, and roles that see no more than their task needs; may import models."""
