"""How the letters of a text are written, when a person knows better than the file says."""

from webapp.accounts.acting import record
from webapp.documents.models import Document

#: Python's codec, and what people call it. "" leaves it to the file.
CHOICES = {
    "": "Find out by itself",
    "utf-8": "Unicode (UTF-8)",
    "cp1252": "Western Europe (Windows-1252)",
    "cp1250": "Central Europe (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "koi8-r": "Cyrillic (KOI8-R)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp874": "Thai (Windows-874)",
    "shift_jis": "Japanese (Shift JIS)",
    "euc_jp": "Japanese (EUC)",
    "gb18030": "Chinese, simplified (GB 18030)",
    "big5": "Chinese, traditional (Big5)",
    "cp949": "Korean (Windows-949)",
    "utf-16": "Unicode (UTF-16)",
    "mac_roman": "Old Macintosh",
    "cp437": "Old DOS",
}
#: Kinds of file that may leave it open.
UNCERTAIN = ("txt", "csv", "md", "html", "eml")


def choose(document: Document, encoding: str) -> None:
    """Take one of ``CHOICES`` for the next reading."""
    document.encoding = encoding or None
    name = document.source.name
    record(
        "document.encoding_chosen",
        f"“{name}” is read as {CHOICES[encoding]}",
        about=document.source,
    )
