"""Trust, measured: methods held against each other on random instances, readers fed with broken files.

`python -m results.trust --help`. What was found is in docs/trust.md.
"""
