"""Tests of the admission methods."""
