"""What is asked of one request: its cut graph, and programs over it."""

from formulations.split.graph import CutGraph, cut_graph

__all__ = ["CutGraph", "cut_graph"]
