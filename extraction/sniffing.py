"""What a file is, by its bytes; its name decides only between kinds of text."""

from typing import BinaryIO

from extraction import office, ole
from extraction.formats import ENDINGS, FOREIGN, KIND_OF_ENDING, TEXTS, ending_of
from extraction.pieces import Refused

SAMPLE = 64 * 1024

#: How the files begin that people upload and we cannot read.
MAGIC = (
    (b"\x89PNG\r\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"BM", "image"),
    (b"II*\0", "image"),
    (b"MM\0*", "image"),
    (b"{\\rtf", "rtf"),
    (b"%!PS", "postscript"),
    (b"\xc5\xd0\xd3\xc6", "postscript"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ", "archive"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"\xca\xfe\xba\xbe", "program"),
    (b"ID3", "sound"),
    (b"OggS", "sound"),
    (b"fLaC", "sound"),
    (b"\x1a\x45\xdf\xa3", "sound"),
    (b"SQLite format 3\0", "database"),
    # Before workbooks were containers: Excel 2, 3 and 4.
    (b"\x09\0\x04\0", "oldest_xls"),
    (b"\x09\2\x06\0", "oldest_xls"),
    (b"\x09\4\x06\0", "oldest_xls"),
)
MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
#: What a text holds besides what is printed.
SPACE = "\t\n\v\f\r\ufeff"
#: Bytes that no text holds, in whatever encoding with one byte a letter: controls but white space,
#: backspace, escape (ISO-2022 needs it), shifts and the end mark of DOS.
NEVER = bytes(set(range(32)) - set(b"\t\n\v\f\r\b\x1b\x0e\x0f\x1a"))


def kind(file: BinaryIO, name: str) -> str:
    """Return the kind (a key of ``formats.READERS``) of what the file holds.

    Raises Refused: "empty", "unknown_type", "wrong_extension", "password", "truncated", "broken".
    """
    file.seek(0)
    head = file.read(SAMPLE)
    if not head:
        raise Refused("empty")
    ending = ending_of(name)
    found = _kind(file, head, ending)
    promised = KIND_OF_ENDING.get(ending) or FOREIGN.get(ending)
    if found in TEXTS and promised in TEXTS:
        return str(promised)
    if found == "txt" and promised in ("xls", "xlsx"):
        found = "csv"  # as many programs export what they call a workbook
    if promised is not None and promised != found:
        raise Refused("wrong_extension", ending=ending, kind=found, better=ENDINGS[found][0])
    return found


def _kind(file: BinaryIO, head: bytes, ending: str) -> str:
    if _is_pdf(head, ending):
        return "pdf"
    if head.startswith(b"PK") and head[2:4] in (b"\3\4", b"\5\6", b"\7\x08"):
        return office.kind(file, ending)
    if head.startswith(ole.MAGIC):
        return _old(file, ending)
    foreign = _foreign(head)
    if foreign:
        raise Refused("unknown_type", ending=ending, kind=foreign)
    if is_text(head) and not _was_pdf(head, ending):
        return _text(head)
    promised = KIND_OF_ENDING.get(ending, "")
    if promised in office.USUAL and _has_archive(file):
        return office.kind(file, ending)
    if promised and promised not in TEXTS:
        raise Refused("broken", kind=promised)
    raise Refused("unknown_type", ending=ending, kind="")


def _has_archive(file: BinaryIO) -> bool:
    """Tell whether an archive ends here, whatever stands before it."""
    file.seek(max(0, file.seek(0, 2) - 0xFFFF))
    return b"PK\5\6" in file.read()


def _is_pdf(head: bytes, ending: str) -> bool:
    """Tell whether a PDF begins here; in a text that speaks of PDFs it does not."""
    at = head[:1024].find(b"%PDF-")
    if at < 0:
        return False
    return not head[:at].strip(b"\xef\xbb\xbf\0 \t\r\n") or KIND_OF_ENDING.get(ending) not in TEXTS


def _was_pdf(head: bytes, ending: str) -> bool:
    """Tell whether this looks like the rest of a PDF whose beginning is damaged."""
    return KIND_OF_ENDING.get(ending) == "pdf" and b"obj" in head and b"<<" in head


def _old(file: BinaryIO, ending: str) -> str:
    names = ole.names(file)
    if names & {"encryptedpackage", "encryptioninfo"}:
        promised = KIND_OF_ENDING.get(ending, "")
        raise Refused("password", kind=promised if promised in ("docx", "pptx", "xlsx") else "")
    if names & {"workbook", "book"}:
        if ole.is_locked(file):
            raise Refused("password", kind="xls")
        return "xls"
    for name, what in (
        ("worddocument", "doc"),
        ("powerpoint document", "ppt"),
        ("pp40", "ppt"),
        ("__properties_version1.0", "msg"),
    ):
        if name in names:
            raise Refused("unknown_type", ending=ending, kind=what)
    if ending in ("xls", "doc", "ppt", "msg"):
        raise Refused("broken", kind=ending)
    raise Refused("unknown_type", ending=ending, kind="")


def _foreign(head: bytes) -> str:
    for magic, what in MAGIC:
        if head.startswith(magic) and not (len(magic) < 3 and is_text(head)):
            return what
    if b"<?mso-application" in head[:1024]:
        return "office_xml"
    if head[:4] == b"RIFF":
        return "image" if head[8:12] == b"WEBP" else "sound"
    if head[4:8] == b"ftyp":
        return "image" if head[8:12] in (b"heic", b"avif", b"mif1") else "sound"
    return ""


def is_text(head: bytes) -> bool:
    """Tell whether these are the first bytes of a text, in whatever encoding."""
    if head.startswith(MARKS):
        return True
    if b"\0" in head and (_is_wide(head) or _is_wider(head)):
        return True
    return _few(head)


def _few(head: bytes) -> bool:
    """Tell whether stray control characters are so few that it still is a text."""
    return (len(head) - len(head.translate(None, NEVER))) * 500 < len(head)


def _is_wide(head: bytes) -> bool:
    """Tell whether these are two bytes a letter without a mark: zeros on one side only."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    many, few = max(even, odd), min(even, odd)
    if many * 10 < len(head) or few * 50 > many:
        return False
    letters = head[:4096].decode("utf-16-be" if even > odd else "utf-16-le", "replace")
    return sum(1 for letter in letters if letter < " " and not letter.isspace()) * 50 < len(letters)


def _is_wider(head: bytes) -> bool:
    """Tell whether these are four bytes a letter without a mark."""
    for end, name in ((0, "utf-32-be"), (3, "utf-32-le")):
        if len(head) >= 16 and head[end::4].count(0) == len(head) // 4:
            try:
                letters = head[: len(head) // 4 * 4].decode(name)
            except UnicodeDecodeError:
                continue
            return sum(
                1 for one in letters if not one.isprintable() and one not in SPACE
            ) * 50 < len(letters)
    return False


def _text(head: bytes) -> str:
    """Return what kind of text it looks like, for a file whose name does not say."""
    start = head[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if (
        start.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))
        or b"<html" in start[:1024]
    ):
        return "html"
    first = start.split(b"\n\n")[0].replace(b"\r", b"")
    fields = {line.split(b":")[0] for line in first.split(b"\n") if b":" in line}
    if b"from" in fields and fields & {
        b"subject",
        b"date",
        b"received",
        b"mime-version",
        b"message-id",
    }:
        return "eml"
    return "txt"
