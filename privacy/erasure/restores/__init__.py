"""Erasures across a restored backup: the replay of the ledger, and the gate. Imports erasure."""
