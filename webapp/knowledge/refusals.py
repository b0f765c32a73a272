"""Why a file was not read, in words for people, and what they can do about it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

#: How people call what a file is, or is named after.
CALLED = {
    "pdf": "a PDF",
    "docx": "a Word document",
    "pptx": "a PowerPoint presentation",
    "xlsx": "an Excel workbook",
    "xls": "an Excel workbook of the older kind",
    "csv": "a table as text (CSV)",
    "txt": "plain text",
    "html": "a web page",
    "md": "a Markdown text",
    "eml": "an e-mail",
    "oldest_xls": "an Excel workbook from before 1993",
    "doc": "a Word document of the old kind (.doc)",
    "ppt": "a PowerPoint presentation of the old kind (.ppt)",
    "odt": "an OpenDocument text",
    "ods": "an OpenDocument table",
    "odp": "an OpenDocument presentation",
    "rtf": "a text of the RTF kind",
    "msg": "an Outlook message (.msg)",
    "epub": "an electronic book",
    "iwork": "a document of Pages, Numbers or Keynote",
    "office_xml": "an Office file of the old XML kind",
    "postscript": "a PostScript file",
    "image": "a picture",
    "sound": "a sound or film recording",
    "archive": "an archive with other files in it",
    "program": "a program",
    "database": "a database",
}
READABLE = (
    "PDF, Word (.docx), PowerPoint (.pptx), Excel (.xlsx, .xls), CSV, plain text (.txt), "
    "web pages (.html), Markdown (.md) and e-mails (.eml)"
)
#: What to do with a file of a kind that is not read.
INSTEAD = {
    "doc": "Open it in Word, save it as a Word document (.docx) or a PDF, and upload that.",
    "oldest_xls": "Open it in Excel or LibreOffice, save it as an Excel workbook (.xlsx), and "
    "upload that.",
    "ppt": "Open it in PowerPoint, save it as a presentation (.pptx) or a PDF, and upload that.",
    "odt": "Open it, save it as a Word document (.docx) or a PDF, and upload that.",
    "ods": "Open it, save it as an Excel workbook (.xlsx), and upload that.",
    "odp": "Open it, save it as a PowerPoint presentation (.pptx) or a PDF, and upload that.",
    "rtf": "Open it in Word, save it as a Word document (.docx) or a PDF, and upload that.",
    "msg": "Open it in Outlook, save it as .eml or as text (.txt), and upload that.",
    "epub": "Turn it into a PDF, and upload that.",
    "iwork": "Open it, export it as a PDF, and upload that.",
    "office_xml": "Open it in Word or Excel, save it as .docx or .xlsx, and upload that.",
    "postscript": "Turn it into a PDF, and upload that.",
    "image": "If there is text in the picture, type it or have a program recognise it (OCR), and "
    "upload a PDF with text or a text file.",
    "archive": "Unpack it, and upload the files in it.",
}


class Words(NamedTuple):
    """What went wrong, and what can be done."""

    sentence: str
    advice: str


AGAIN = "Open the file on your computer to see whether it is whole, save it again, and upload that."
SPLIT = "Split it into smaller files, and upload those."
OTHER_COPY = "Upload it again, or ask whoever sent it for another copy."

WORDS = {
    "empty": Words(
        "This file is empty.", "Look whether it was saved completely, and upload it again."
    ),
    "truncated": Words(
        "This file ends too early: a part of it is missing.",
        "It was probably cut off while it was copied or sent. Upload it again from where it came.",
    ),
    "broken": Words("This file is damaged and cannot be read.", AGAIN),
    "password": Words(
        "This file needs a password.",
        "Remove the password in the program that made it, and upload it again.",
    ),
    "images_only": Words(
        "This PDF has only pictures of text: there are no letters in it that can be searched.",
        "Have a program recognise the text (many scanners call it OCR or “searchable PDF”), and "
        "upload what it makes.",
    ),
    "unknown_type": Words(
        "It cannot be told what kind of file this is.", f"These can be read: {READABLE}."
    ),
    "wrong_extension": Words(
        "This file is named .{ending}, but it is {kind}.",
        "Rename it so that it ends in .{better}, and upload it again.",
    ),
    "too_many_pages": Words("This file has {pages} pages; at most {limit} are read.", SPLIT),
    "too_many_rows": Words(
        "This file has more than {limit} rows, which is more than is read.", SPLIT
    ),
    "too_long": Words(
        "There is more text in this file than is read: over {limit} characters.", SPLIT
    ),
    "too_deep": Words(
        "This file is built in an unusual way: parts within parts within parts, thousands deep.",
        "Save it as a PDF or as plain text, and upload that.",
    ),
    "bomb": Words(
        "This file is small, but would grow beyond measure when it is unpacked. It was not read.",
        "If you know where it is from, save it anew as a PDF, and upload that.",
    ),
    "unsafe": Words(
        "This file is put together in a way that is known from attacks. It was not read.",
        "If you know where it is from, save it anew as a PDF, and upload that.",
    ),
    "memory": Words(
        "This file used too much memory while it was read, and was stopped.",
        "Split it into smaller files, or save it anew as a PDF, and upload that.",
    ),
    "time": Words(
        "This file took too long to read, and was stopped.",
        "Split it into smaller files, or save it anew as a PDF, and upload that.",
    ),
    "crashed": Words(
        "Something in this file stopped the program that reads it.",
        "Save it anew in the program that made it, or as a PDF, and upload that.",
    ),
    "stopped": Words(
        "The program that reads the file was ended from outside, perhaps because the machine ran "
        "out of memory.",
        "Choose “Read again”. If it happens again, split the file into smaller ones.",
    ),
    "nothing_to_read": Words("There is no text in this file.", "Look whether it is the right one."),
    "encoding": Words(
        "The letters of this text cannot be made out.",
        "Choose its encoding on the document's page, or save it as UTF-8 and upload it again.",
    ),
}


BLANK = Words("There is no text on the pages of this PDF.", WORDS["nothing_to_read"].advice)

#: The same where it is known what kind of file it is, or is meant to be.
OF_A_KIND = {
    "broken": Words(
        "This file is meant to be {kind}, but it is damaged and cannot be read.", AGAIN
    ),
    "password": Words("This file is {kind} that needs a password.", WORDS["password"].advice),
}


def words(code: str, detail: Mapping[str, Any]) -> Words:
    """Return the sentence and the advice for a code of ``extraction.pieces.Refused``.

    A code that is not known here is told as "crashed": whoever adds one adds its words.
    """
    given = {name: _told(value) for name, value in detail.items()}
    kind = str(detail.get("kind") or "")
    given["kind"] = CALLED.get(kind, "something else")
    if code == "unknown_type":
        return _unknown(kind, str(detail.get("ending") or ""))
    if code == "images_only" and detail.get("blank"):
        return BLANK
    found = OF_A_KIND.get(code) if kind in CALLED else None
    sentence, advice = found or WORDS.get(code, WORDS["crashed"])
    return Words(sentence.format_map(_Given(given)), advice.format_map(_Given(given)))


def _unknown(kind: str, ending: str) -> Words:
    sentence, advice = WORDS["unknown_type"]
    if kind in CALLED:
        return Words(
            f"This file is {CALLED[kind]}, which cannot be read here.", INSTEAD.get(kind, advice)
        )
    if ending:
        sentence = (
            f"This file is named .{ending}, but what is in it is of no kind that can be read."
        )
    return Words(sentence, advice)


def _told(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


#: What is said of a refusal that told nothing.
DEFAULTS = {
    "limit": "so many",
    "pages": "too many",
    "kind": "of another kind",
    "ending": "otherwise",
    "better": "the right letters",
}


class _Given(dict[str, str]):
    """What a refusal told; what it did not is left unsaid instead of failing."""

    def __missing__(self, name: str) -> str:
        return DEFAULTS.get(name, "")
