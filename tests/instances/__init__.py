"""Tests of the package `instances`."""
