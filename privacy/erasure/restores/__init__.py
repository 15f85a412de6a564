"""What keeps the erased erased when a backup is restored: the ledger outside of the database, its replay, the gate."""
