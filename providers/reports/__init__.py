"""What was used and what it cost, read from the ledger: pure queries, without pages."""
