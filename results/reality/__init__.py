"""A network really run split over two processes: what a cut costs, measured, beside what the model says."""

from results.reality.link import PacedSender
from results.reality.run import Cut, SplitRun, cuts_by_time, open_split_run, predict_s

__all__ = ["Cut", "PacedSender", "SplitRun", "cuts_by_time", "open_split_run", "predict_s"]
