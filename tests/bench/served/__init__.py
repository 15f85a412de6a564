"""What only the benchmark serves: empty views beside Postcast's own, to tell what its layers cost."""
