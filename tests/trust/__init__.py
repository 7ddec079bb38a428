"""What must never go wrong: faults in the process of a solver, changed files, sweeps that are killed."""
