"""Shared constraint families of the formulations, one a file."""
