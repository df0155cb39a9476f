"""The tenant database: engine, tables, named queries, the ledger, migrations."""
