"""Where a passage stands, in the words of somebody who would look it up."""

from typing import Any

from webapp.knowledge.models import Chunk, Part, PartUnit, Reading

SEPARATOR = " › "
UNITS = {
    PartUnit.PAGE: ("page", "pages"),
    PartUnit.SHEET: ("sheet", "sheets"),
    PartUnit.SLIDE: ("slide", "slides"),
    PartUnit.SECTION: ("section", "sections"),
}


def words(chunk: Chunk) -> str:
    """Return such as "page 3", "sheet Prices, A2:F30", or headings with "lines 10 to 24".

    Empty where the file says nothing of the kind.
    """
    place = chunk.place
    found = [_page(place), _sheet(place), _slide(place), SEPARATOR.join(_headings(place))]
    found += [_span(place, "line"), _span(place, "paragraph")]
    return ", ".join(word for word in found if word)


def _page(place: dict[str, Any]) -> str:
    page, last = place.get("page"), place.get("page_to")
    if page is None:
        return ""
    return f"page {page}" if last in {None, page} else f"pages {page} and {last}"


def _sheet(place: dict[str, Any]) -> str:
    if "sheet" not in place:
        return ""
    cells = place.get("range")
    return f"sheet {place['sheet']}" + (f", {cells}" if cells else "")


def _slide(place: dict[str, Any]) -> str:
    return f"slide {place['slide']}" if "slide" in place else ""


def _headings(place: dict[str, Any]) -> list[str]:
    return [str(heading) for heading in place.get("headings", [])]


def _span(place: dict[str, Any], name: str) -> str:
    span = place.get(f"{name}s")
    if not span:
        return ""
    first, last = span[0], span[-1]
    return f"{name} {first}" if first == last else f"{name}s {first} to {last}"


def name_of(part: Part) -> str:
    """Return what a part is called: "Page 12", "Sheet Prices", "Slide 3", "Section 2"."""
    unit = UNITS[PartUnit(part.unit)][0].capitalize()
    return f"{unit} {part.label or part.ordinal}"


def title_of(reading: Reading) -> str:
    """Return what a reading is called: the page of a website by its title, a document by its name."""
    if not reading.place:
        return reading.source.name
    return str(reading.about.get("title") or reading.place)
