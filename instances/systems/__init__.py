"""Published systems whose problems are no rows of the option table: a record, a generator and a checker for each."""
