"""Text without what no text should hold: NUL, control characters, halves of characters."""

#: Everything below a space but tab and new line, DEL and the C1 controls, halves of surrogate
#: pairs, what is no character at all, and marks that only say how text was packed.
NOT_TEXT = {
    **dict.fromkeys(range(32)),
    **dict.fromkeys(range(0x7F, 0xA0)),
    **dict.fromkeys(range(0xFFF9, 0xFFFC)),
    **dict.fromkeys((0xFEFF, 0xFFFE, 0xFFFF)),
    0x09: "\t",
    0x0A: "\n",
    0x0B: "\n",
    0x0C: "\n",
    0x0D: "\n",
    0x85: "\n",
    0x2028: "\n",
    0x2029: "\n\n",
}


def clean(text: str) -> str:
    """Return the text without control characters; each kind of line end is a new line.

    Readers call it before they note positions: it changes them.
    """
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").translate(NOT_TEXT)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def safe(text: str) -> str:
    """Return the text of the same length in which NUL and halves of characters are marked as unknown.

    The last guard before a line is written, for readers that forgot to ``clean``.
    """
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in text)
    return text
