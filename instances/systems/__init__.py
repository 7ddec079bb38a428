"""Published systems whose models are not rows of the option table: problem records, generators and evaluators."""
