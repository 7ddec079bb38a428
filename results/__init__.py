"""What came out: metrics, the runner and its store, tables and pictures."""
