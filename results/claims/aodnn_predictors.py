"""AoDNN's learned predictors of latency and energy: what their error costs the front of both."""

from __future__ import annotations

from results.claims.registry import Finding, claim
from results.experiment import rows_of

LOSS = 0.10


@claim(
    "aodnn.predictors",
    system="AoDNN",
    says="predictors learned from measurements are good enough to choose cuts for latency and energy together",
    source="AoDNN, INFOCOM 2022, abstract",
    evidence="abstract",
    published="–",
    measures="largest loss of the latency-energy front (multiplicative ε-indicator less 1) over networks held out and "
    "rates; energy is time times power, since no measured energy of layers can be had",
    tolerance="10 %",
)
def front() -> Finding:
    """Largest loss over networks and rates with the quadratic predictor, %."""
    worst = max(row["front_loss"] for row in rows_of("predictors") if row["predictor"] == "quadratic")
    if worst <= LOSS:
        return Finding(100 * worst, "%", "reproduced")
    return Finding(100 * worst, "%", "trend", "most fronts are met exactly, the worst is further off")
