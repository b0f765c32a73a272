"""A stand-in until the list's own filters are there."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from webapp.jobs.kinds import JobKind
from webapp.jobs.models import JobState


class Routine(StrEnum):
    WITHOUT = ""
    WITH = "with"


class BadFilter(ValueError):
    """Something in the address cannot be meant."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Filter:
    """Which jobs."""

    states: tuple[JobState, ...] = ()
    kind: JobKind | None = None
    routine: Routine = Routine.WITHOUT

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> Self:
        kind = args.get("kind")
        if kind and kind not in set(JobKind):
            raise BadFilter("kind", "There is no such kind.")
        states = {"failed": (JobState.FAILURE,)}.get(args.get("show", ""), ())
        return cls(states, JobKind(kind) if kind else None)

    def to_args(self) -> dict[str, str]:
        said = {"show": "failed" if self.states else "", "kind": self.kind or ""}
        return {name: str(value) for name, value in said.items() if value}

    def to_json(self) -> dict[str, Any]:
        return {"states": list(self.states), **({"kind": self.kind} if self.kind else {})}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        kind = kept.get("kind")
        return cls(
            tuple(JobState(one) for one in kept.get("states", ())), JobKind(kind) if kind else None
        )

    def words(self) -> str:
        return "Failed jobs" if self.states else "Jobs"
