"""What the Office files of today have in common: parts, their types, and what leads to which.

The form is that of ECMA-376 part 2 (Open Packaging Conventions); the "strict" variant has other
names for the same, so only the last word of a name is looked at.
"""

from typing import BinaryIO, NamedTuple

from extraction import xml
from extraction.archives import Archive
from extraction.cleaning import clean
from extraction.formats import KIND_OF_ENDING
from extraction.pieces import Refused

#: What the type of a main part says, by kind.
MAIN = (
    ("wordprocessingml.document.main+xml", "docx"),
    ("wordprocessingml.template.main+xml", "docx"),
    ("ms-word.document.macroenabled.main+xml", "docx"),
    ("ms-word.template.macroenabledtemplate.main+xml", "docx"),
    ("presentationml.presentation.main+xml", "pptx"),
    ("presentationml.slideshow.main+xml", "pptx"),
    ("presentationml.template.main+xml", "pptx"),
    ("ms-powerpoint.presentation.macroenabled.main+xml", "pptx"),
    ("ms-powerpoint.slideshow.macroenabled.main+xml", "pptx"),
    ("ms-powerpoint.template.macroenabled.main+xml", "pptx"),
    ("ms-powerpoint.addin.macroenabled.main+xml", "pptx"),
    ("spreadsheetml.sheet.main+xml", "xlsx"),
    ("spreadsheetml.template.main+xml", "xlsx"),
    ("ms-excel.sheet.macroenabled.main+xml", "xlsx"),
    ("ms-excel.template.macroenabled.main+xml", "xlsx"),
    ("ms-excel.addin.macroenabled.main+xml", "xlsx"),
    ("ms-excel.sheet.binary.macroenabled.main", "xlsx"),
)
#: Where the main part lies in nearly every file.
USUAL = {"docx": "word/document.xml", "pptx": "ppt/presentation.xml", "xlsx": "xl/workbook.xml"}
#: What a file says of itself (Dublin Core), by the names that it has in ours.
ABOUT = {
    "title": "title",
    "creator": "author",
    "description": "description",
    "modified": "date",
    "language": "language",
}
SMALL = 8 * 1024 * 1024  # bytes of a part that only lists others


class Link(NamedTuple):
    """What a part refers to: the last word of the relation's name, and the other part."""

    kind: str
    target: str


def kind(file: BinaryIO, ending: str = "") -> str:
    """Return "docx", "pptx" or "xlsx". Raises Refused for other archives, with what they are."""
    archive = Archive(file)
    found = main_part(archive)
    if found:
        return found[0]
    promised = KIND_OF_ENDING.get(ending)
    if promised in USUAL:
        raise Refused("broken", kind=promised)
    raise Refused("unknown_type", ending=ending, kind=_other(archive))


def main_part(archive: Archive) -> tuple[str, str] | None:
    """Return the kind and the name of the main part; None when this is no Office file."""
    types, usual = _types(archive)
    for link in links(archive, "").values():
        if link.kind == "officedocument":
            name = link.target.lower()
            found = _kind_of(types.get(name) or usual.get(name.rpartition(".")[2], ""))
            if found and link.target in archive:
                return found, link.target
    for name, declared in types.items():
        found = _kind_of(declared)
        if found and name in archive:
            return found, name
    for what, name in USUAL.items():
        if name in archive:
            return what, name
    return None


def links(archive: Archive, part: str) -> dict[str, Link]:
    """Return what a part refers to, by id; "" is the file itself. External targets are left out."""
    folder, _, name = part.rpartition("/")
    place = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
    found: dict[str, Link] = {}
    if place not in archive:
        return found

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            word = attributes.get("Type", "").rpartition("/")[2].lower()
            target = _resolved(folder, attributes.get("Target", ""))
            found[attributes.get("Id", "")] = Link(word, target)

    xml.each_start(archive.get(place, SMALL), start)
    return found


def _resolved(folder: str, target: str) -> str:
    """Return the name of a part that is given from where another one lies."""
    target = target.replace("\\", "/")
    steps: list[str] = [] if target.startswith("/") else [one for one in folder.split("/") if one]
    for step in target.split("/"):
        if step == "..":
            del steps[-1:]
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)


def _types(archive: Archive) -> tuple[dict[str, str], dict[str, str]]:
    """Return the types of parts by name, and of all others by what their names end in.

    All in small letters. The main part of a binary workbook has the type of all that ends in "bin".
    """
    named: dict[str, str] = {}
    ending: dict[str, str] = {}
    if "[Content_Types].xml" not in archive:
        return named, ending

    def start(tag: str, attributes: dict[str, str]) -> None:
        declared = attributes.get("ContentType", "").lower()
        if tag == "Override":
            named[attributes.get("PartName", "").lstrip("/").lower()] = declared
        elif tag == "Default":
            ending[attributes.get("Extension", "").lower()] = declared

    xml.each_start(archive.get("[Content_Types].xml", SMALL), start)
    return named, ending


def _kind_of(declared: str) -> str:
    return next((what for end, what in MAIN if declared.endswith(end)), "")


def _other(archive: Archive) -> str:
    """Return what the archive is, if it is no Office file."""
    if "mimetype" in archive:
        says = archive.get("mimetype", 4096).decode("latin-1")
        for word, what in (("text", "odt"), ("spreadsheet", "ods"), ("presentation", "odp")):
            if f"opendocument.{word}" in says:
                return what
        if "epub" in says:
            return "epub"
    if "Index/Document.iwa" in archive or "Index.zip" in archive or "index.apxl" in archive:
        return "iwork"
    return "archive"


def about(archive: Archive) -> dict[str, str]:
    """Return title, author, description, date and language as the file says; damage is passed over."""
    part = next(
        (one.target for one in links(archive, "").values() if one.kind == "core-properties"), ""
    )
    if part not in archive:
        return {}
    found: dict[str, str] = {}

    def text(tag: str, value: str) -> None:
        ours = ABOUT.get(tag)
        value = " ".join(clean(value).split())[:500]
        if ours and value:
            found[ours] = value[:10] if ours == "date" else value

    try:
        xml.each_text(archive.get(part, SMALL), text)
    except Refused as refused:
        if refused.code != "broken":
            raise
    return found
