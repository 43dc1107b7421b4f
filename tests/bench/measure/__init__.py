"""What the measuring targets (`make bench`, `make scale`, `make memory`) share: processes, a signed client, tables, results."""
