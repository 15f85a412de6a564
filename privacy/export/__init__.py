"""A person's copy of their data. Imports the trail and below; knows nothing of erasure."""
