"""What the next megahertz, GFLOP/s or server is worth: prices with units, and the re-solve beside them."""

from solvers.sensitivity.growth import Step, grow
from solvers.sensitivity.resolve import resolve
from solvers.sensitivity.slopes import RESOURCES, Slopes, slopes_of

__all__ = ["RESOURCES", "Slopes", "Step", "grow", "resolve", "slopes_of"]
