"""Filling the instance library: methods run on its instances, and what they find is submitted. See docs/library.md."""
