"""Fuzzing: valid files of every kind, broken in every way, read under limits. Only an `InputError` may come of it."""
