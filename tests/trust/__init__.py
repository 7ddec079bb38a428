"""Trust: what must not be believed is not, whatever is done to files, solvers and processes."""
