"""Tables, engine, the host's transaction, the outbox and migrations."""
