"""PDFium's own library, as ``pypdfium2`` brings it: the few functions that reading text takes.

``pypdfium2`` itself declares all of its 450 functions when it is imported, which takes longer than
reading a document of ten pages does. Names and types are those of PDFium's public headers
(``fpdfview.h``, ``fpdf_text.h``, ``fpdf_doc.h``), which keep them stable.
"""

import mmap
import sys
from ctypes import (
    CDLL,
    POINTER,
    Array,
    addressof,
    c_char,
    c_char_p,
    c_double,
    c_int,
    c_size_t,
    c_ulong,
    c_ushort,
    c_void_p,
)
from importlib.machinery import PathFinder
from typing import Any, BinaryIO

SUFFIX = "dylib" if sys.platform == "darwin" else "so"
#: What FPDF_GetLastError says.
FILE, FORMAT, PASSWORD, SECURITY = 2, 3, 4, 5
EVERYWHERE = (-1e9, 1e9, 1e9, -1e9)  # left, top, right, bottom: text beside the page counts as well
FREE_TEXT, WIDGET = 3, 20  # kinds of annotations: words written onto a page, a field of a form
CHOICES_AND_TEXT = (4, 5, 6)  # kinds of fields in which there are words
ANNOTATIONS = 2_000  # of one page that are looked at
VALUE = 20_000  # characters of one field
FORM_INFO = 512  # bytes; FPDF_FORMFILLINFO has 280, all of them may be 0 but the version
LABEL = 200  # bytes of a label or name that are asked for
META = 4096


def _library() -> CDLL:
    found = PathFinder.find_spec("pypdfium2_raw")
    if found is None or found.origin is None:
        raise ImportError("pypdfium2 is not installed")
    folder = found.origin.rpartition("/")[0]
    library = CDLL(f"{folder}/libpdfium.{SUFFIX}")
    declared: tuple[tuple[Any, ...], ...] = (
        ("FPDF_InitLibrary", None),
        ("FPDF_LoadMemDocument64", c_void_p, c_void_p, c_size_t, c_char_p),
        ("FPDF_GetLastError", c_ulong),
        ("FPDF_GetPageCount", c_int, c_void_p),
        ("FPDF_LoadPage", c_void_p, c_void_p, c_int),
        ("FPDF_ClosePage", None, c_void_p),
        ("FPDF_GetPageLabel", c_ulong, c_void_p, c_int, c_void_p, c_ulong),
        ("FPDF_GetMetaText", c_ulong, c_void_p, c_char_p, c_void_p, c_ulong),
        ("FPDFCatalog_GetLanguage", c_ulong, c_void_p, POINTER(c_ushort), c_ulong),
        ("FPDFPage_CountObjects", c_int, c_void_p),
        ("FPDFText_LoadPage", c_void_p, c_void_p),
        ("FPDFText_ClosePage", None, c_void_p),
        ("FPDFText_CountChars", c_int, c_void_p),
        ("FPDF_GetFormType", c_int, c_void_p),
        ("FPDFDOC_InitFormFillEnvironment", c_void_p, c_void_p, c_void_p),
        ("FPDFPage_GetAnnotCount", c_int, c_void_p),
        ("FPDFPage_GetAnnot", c_void_p, c_void_p, c_int),
        ("FPDFPage_CloseAnnot", None, c_void_p),
        ("FPDFAnnot_GetSubtype", c_int, c_void_p),
        ("FPDFAnnot_GetStringValue", c_ulong, c_void_p, c_char_p, c_void_p, c_ulong),
        ("FPDFAnnot_GetFormFieldType", c_int, c_void_p, c_void_p),
        ("FPDFAnnot_GetFormFieldValue", c_ulong, c_void_p, c_void_p, c_void_p, c_ulong),
        ("FPDFAnnot_GetFormFieldAlternateName", c_ulong, c_void_p, c_void_p, c_void_p, c_ulong),
        (
            *("FPDFText_GetBoundedText", c_int, c_void_p),
            *(c_double, c_double, c_double, c_double, POINTER(c_ushort), c_int),
        ),
    )
    for name, gives, *takes in declared:
        function = getattr(library, name)  # by index it would be a new one each time
        function.restype = gives
        function.argtypes = tuple(takes)
    return library


def _words(buffer: Array[c_char] | Array[c_ushort], size: int) -> str:
    """Return what PDFium wrote: ``size`` bytes with the zero at its end; "" when it did not fit."""
    content = bytes(memoryview(buffer).cast("B"))
    return content[: size - 2].decode("utf-16-le", "ignore") if 2 < size <= len(content) else ""


class Failed(Exception):
    """PDFium did not open it; ``code`` is that of FPDF_GetLastError."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Page:
    """One page, loaded; to be closed."""

    def __init__(self, library: CDLL, raw: int, form: int | None) -> None:
        self._library = library
        self._raw = raw
        self._form = form

    def text(self) -> str:
        """Return the text as PDFium puts it in order, lines with CRLF between them."""
        raw = self._library.FPDFText_LoadPage(self._raw)
        if not raw:
            return ""
        try:
            count = self._library.FPDFText_CountChars(raw)
            if count <= 0:
                return ""
            # A letter is one or two units; most texts need one.
            for size in (count + 64, 4 * count + 64):
                buffer = (c_ushort * size)()
                got = self._library.FPDFText_GetBoundedText(raw, *EVERYWHERE, buffer, size)
                if got < size:
                    break
            return bytes(memoryview(buffer).cast("B")[: 2 * max(got, 0)]).decode(
                "utf-16-le", "ignore"
            )
        finally:
            self._library.FPDFText_ClosePage(raw)

    def written(self) -> list[str]:
        """Return what was filled into fields, with what they are for, and written onto the page."""
        found = []
        count = self._library.FPDFPage_GetAnnotCount(self._raw)
        for index in range(min(count, ANNOTATIONS)):
            annotation = self._library.FPDFPage_GetAnnot(self._raw, index)
            if not annotation:
                continue
            kind = self._library.FPDFAnnot_GetSubtype(annotation)
            if kind == FREE_TEXT:
                found.append(self._string("FPDFAnnot_GetStringValue", annotation, b"Contents"))
            elif kind == WIDGET and self._form:
                found.append(self._field(annotation))
            self._library.FPDFPage_CloseAnnot(annotation)
        return [one for one in found if one.strip()]

    def _field(self, annotation: int) -> str:
        if self._library.FPDFAnnot_GetFormFieldType(self._form, annotation) not in CHOICES_AND_TEXT:
            return ""
        value = self._string("FPDFAnnot_GetFormFieldValue", self._form, annotation)
        name = self._string("FPDFAnnot_GetFormFieldAlternateName", self._form, annotation)
        return f"{name.strip()}: {value}" if value.strip() and name.strip() else value

    def _string(self, function: str, *given: int | bytes | None) -> str:
        buffer = (c_ushort * VALUE)()
        return _words(buffer, getattr(self._library, function)(*given, buffer, 2 * VALUE))

    def objects(self) -> int:
        """Return how many things are drawn on it."""
        return int(self._library.FPDFPage_CountObjects(self._raw))

    def close(self) -> None:
        self._library.FPDF_ClosePage(self._raw)


class Document:
    """A PDF that is open until the process ends. Raises Failed."""

    def __init__(self, file: BinaryIO) -> None:
        self._library = _library()
        self._library.FPDF_InitLibrary()
        # A private copy that is never written to: ctypes gives no address of what is read-only.
        self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        self._begin = c_char.from_buffer(self._bytes)
        self._raw = self._library.FPDF_LoadMemDocument64(
            addressof(self._begin), len(self._bytes), None
        )
        if not self._raw:
            raise Failed(int(self._library.FPDF_GetLastError()))
        self._form = self._opened_form()

    def __len__(self) -> int:
        return int(self._library.FPDF_GetPageCount(self._raw))

    def page(self, index: int) -> Page | None:
        """Return a page, from 0 on; None when it cannot be loaded."""
        raw = self._library.FPDF_LoadPage(self._raw, index)
        return Page(self._library, raw, self._form) if raw else None

    def _opened_form(self) -> int | None:
        """Return what fields are read by; None when there are none."""
        if not self._library.FPDF_GetFormType(self._raw):
            return None
        self._form_info = (c_char * FORM_INFO)()
        self._form_info[0] = b"\2"  # the version, of a whole number with its lowest byte first
        form: int | None = self._library.FPDFDOC_InitFormFillEnvironment(self._raw, self._form_info)
        return form

    def label(self, index: int) -> str:
        """Return what the document calls a page, such as "iv"; "" when it does not."""
        buffer = (c_char * LABEL)()
        size = self._library.FPDF_GetPageLabel(self._raw, index, buffer, LABEL)
        return _words(buffer, size)

    def about(self, name: str) -> str:
        """Return "Title", "Author", "CreationDate" and the like as the document says; else ""."""
        buffer = (c_char * META)()
        size = self._library.FPDF_GetMetaText(self._raw, name.encode(), buffer, META)
        return _words(buffer, size)

    def language(self) -> str:
        """Return the language the document says it is in, such as "en-GB"; else ""."""
        buffer = (c_ushort * LABEL)()
        size = self._library.FPDFCatalog_GetLanguage(self._raw, buffer, LABEL)
        return _words(buffer, 2 * size)
