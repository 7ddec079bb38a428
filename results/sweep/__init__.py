"""Sweeps: instances × methods × seeds × limits, one process a run; see docs/sweep.md."""
