"""What is asked of one request: its cut graph, and programs over it."""

from formulations.split import split_cut, split_milp, stage_milp
from formulations.split.graph import CutGraph, cut_graph
from formulations.split.registry import SPLIT_FORMULATIONS, SplitModel, split_formulation

__all__ = ["SPLIT_FORMULATIONS", "CutGraph", "SplitModel", "cut_graph", "split_cut", "split_formulation", "split_milp",
           "stage_milp"]  # fmt: skip
