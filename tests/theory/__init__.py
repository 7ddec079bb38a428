"""Propositions of docs/theory.md tried on numbers."""
