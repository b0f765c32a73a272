"""The countries whose telephone numbers are known, by name."""

import importlib.resources
import zoneinfo
from functools import cache
from pathlib import Path

import phonenumbers

TABLE = "iso3166.tab"


@cache
def countries() -> dict[str, str]:
    """Return letters and name, such as "IN": "India (+91)", in the order of the names."""
    names = dict(_table())
    named = {
        region: f"{names.get(region, region)} (+{phonenumbers.country_code_for_region(region)})"
        for region in phonenumbers.SUPPORTED_REGIONS
    }
    return dict(sorted(named.items(), key=lambda pair: pair[1]))


def _table() -> list[tuple[str, str]]:
    """Return the table that comes with the time zones, of the system or of the package."""
    for text in map(_read, [*(Path(folder) / TABLE for folder in zoneinfo.TZPATH), None]):
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        if lines:
            return [(code, name) for code, _, name in (line.partition("\t") for line in lines)]
    return []


def _read(path: Path | None) -> str:
    try:
        if path is None:
            path_of_package = importlib.resources.files("tzdata.zoneinfo").joinpath(TABLE)
            return path_of_package.read_text(encoding="utf-8")
        return path.read_text(encoding="utf-8")
    except (OSError, ModuleNotFoundError):
        return ""
