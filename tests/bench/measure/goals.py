"""Goals and conditions: what a figure is compared with.

Always holds: what could not be judged says why and counts as neither. A condition that is missed fails the run; a goal does where it
is missed by more than `MISS_MAX` times, and a smaller miss is shown as MISSED.
"""
import dataclasses
import typing

from .show import number

MISS_MAX = 2.0
HEADS = ["goal", "bound", "measured", "", "compared with"]


@dataclasses.dataclass
class Goal:
    """`value` is to be at most (or at least) `bound`, both in `unit`."""
    name: str
    unit: str
    bound: typing.Optional[float]
    value: typing.Optional[float]
    at_most: bool
    # Why it was not judged, or with what it was compared.
    note: str = ""
    condition: bool = False

    def ratio(self):
        """At or below 1: met. Above: by how much it was missed. None: not judged."""
        if self.bound is None or self.value is None:
            return None
        if self.at_most:
            return self.value / self.bound
        return self.bound / self.value if self.value > 0 else float("inf")

    def word(self):
        ratio = self.ratio()
        if ratio is None:
            return "not judged"
        return "met" if ratio <= 1 else f"MISSED {ratio:.2f}×"

    def misses(self):
        ratio = self.ratio()
        return ratio is not None and ratio > 1

    def row(self):
        """Its cells under `HEADS`."""
        bound = "-" if self.bound is None else f"{'≤' if self.at_most else '≥'} {number(self.bound)} {self.unit}"
        value = "-" if self.value is None else f"{number(self.value)} {self.unit}"
        return [self.name, bound, value, self.word(), self.note]

    def fails(self):
        ratio = self.ratio()
        return ratio is not None and ratio > (1 if self.condition else MISS_MAX)

    def json(self):
        met = None if self.ratio() is None else self.ratio() <= 1
        return {"name": self.name, "unit": self.unit, "bound": self.bound, "value": self.value,
                "direction": "at_most" if self.at_most else "at_least", "met": met, "miss_ratio": self.ratio(), "note": self.note,
                "condition": self.condition}


def from_json(fields):
    return Goal(fields["name"], fields["unit"], fields["bound"], fields["value"], fields["direction"] == "at_most",
                fields["note"], fields.get("condition", False))
