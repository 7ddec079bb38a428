"""Energy of sending over 3G, LTE and WiFi: the measured power models that much of the field builds on."""

from __future__ import annotations

from instances.catalog import radios
from results.claims.registry import Finding, claim

SENT_MBIT = 152 * 0.008
"""152 KB, an image as Neurosurgeon sends it, Mbit."""
PUBLISHED_J = {"3g": 1.96, "lte": 0.80, "wifi": 0.35}


def upload_j(radio: str, megabits: float) -> float:
    """Energy of sending at the radio's usual rate, J: (α r + β) d / r."""
    model = radios()[radio]
    return (model.tx_w / model.up_mbps + model.tx_j_per_mbit) * megabits


@claim(
    "radio.upload_energy",
    system="Radio power model",
    says="sending 152 KB costs 1.96 J over 3G, 0.80 J over LTE and 0.35 J over WiFi",
    source="power model of Huang et al., MobiSys 2012, at the rates of Hu et al., INFOCOM 2019, Table I",
    evidence="rates full text; power model partly unverified",
    published="1.96 / 0.80 / 0.35 J",
    measures="largest relative difference of the three energies that the catalogue's radios give",
    tolerance="2 %",
)
def upload_energy() -> Finding:
    """Largest relative difference from the published energies, %."""
    worst = max(abs(upload_j(name, SENT_MBIT) / j - 1) for name, j in PUBLISHED_J.items())
    if worst <= 0.02:
        return Finding(100 * worst, "%", "reproduced")
    return Finding(100 * worst, "%", "not reproducible", "the catalogue's power models give other energies")
