"""What can be read: which module reads it, how people call it, and what such files are named."""

#: The module with ``read(file, limits, hints)``, imported when such a file comes.
READERS = {
    "pdf": "extraction.pdf",
    "docx": "extraction.docx",
    "pptx": "extraction.pptx",
    "xlsx": "extraction.xlsx",
    "xls": "extraction.xlsx",
    "csv": "extraction.csv_",
    "txt": "extraction.text",
    "html": "extraction.html",
    "md": "extraction.markdown_",
    "eml": "extraction.eml",
}

#: What files of a kind may be named. The first is what we advise to rename one to.
ENDINGS = {
    "pdf": ("pdf",),
    "docx": ("docx", "docm", "dotx", "dotm"),
    "pptx": ("pptx", "pptm", "ppsx", "ppsm", "potx", "potm"),
    "xlsx": ("xlsx", "xlsm", "xltx", "xltm", "xlsb", "xlam"),
    "xls": ("xls", "xlt", "xla"),
    "csv": ("csv", "tsv", "tab"),
    "txt": ("txt", "text", "log"),
    "html": ("html", "htm", "xhtml", "xht"),
    "md": ("md", "markdown", "mdown", "mkd"),
    "eml": ("eml",),
}

#: Kinds of text: their bytes alone do not tell them apart, so the name decides.
TEXTS = frozenset({"csv", "txt", "html", "md", "eml"})

#: What an ending promises that we do not read.
FOREIGN = {
    "doc": "doc",
    "dot": "doc",
    "ppt": "ppt",
    "pps": "ppt",
    "pot": "ppt",
    "odt": "odt",
    "ods": "ods",
    "odp": "odp",
    "rtf": "rtf",
    "msg": "msg",
    "epub": "epub",
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "webp", "heic"), "image"),
    **dict.fromkeys(("zip", "rar", "7z", "gz", "tar"), "archive"),
    **dict.fromkeys(("exe", "dll", "com", "msi"), "program"),
    **dict.fromkeys(("mp3", "wav", "ogg", "m4a", "mp4", "mov", "avi", "mkv", "webm"), "sound"),
}

KIND_OF_ENDING = {ending: kind for kind, endings in ENDINGS.items() for ending in endings}


def ending_of(name: str) -> str:
    """Return what stands after the last dot of a file's name, in small letters; "" without one."""
    stem, dot, ending = name.strip().rpartition(".")
    return ending.lower() if dot and stem and ending.isalnum() else ""
