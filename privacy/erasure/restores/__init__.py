"""What keeps the erased erased when a backup is restored: the replay of the ledger, and the gate. Imports erasure."""
