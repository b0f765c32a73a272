"""A cell of a CSV file that a spreadsheet shows and never runs."""

import re

#: A spreadsheet takes what begins so for a formula; the wide signs are what an East Asian keyboard
#: types, and spaces before them are skipped by some.
_FORMULA = re.compile(r"[\s\"']*[=+\-@＝＋－＠]|[\t\r\n]")
#: In a country that writes 1,5 a spreadsheet cuts the line at semicolons, also inside our quotes.
_AFTER_A_CUT = re.compile(r"(?<=[;\t\r\n])(?=[\s\"']*[=+\-@＝＋－＠])")
#: A telephone number in E.164 is read as a number, which harms nobody, and must stay one that can
#: be handed to the next program.
_NUMBER = re.compile(r"\+[0-9]{4,15}", re.ASCII)
_HARMLESS = re.compile(r"[^=+\-@＝＋－＠\t\r\n]*")


def safe(value: object) -> str:
    """Return a value as the text of a cell; what could be a formula gets an apostrophe before it.

    The apostrophe is what a spreadsheet itself takes for "this is text". ``+919812345678`` stays
    as it is.
    """
    if value is None or value == "":
        return ""
    text = str(value)
    if text.isalnum() or _HARMLESS.fullmatch(text) or _NUMBER.fullmatch(text):
        return text
    text = _AFTER_A_CUT.sub("'", text)
    return f"'{text}" if _FORMULA.match(text) else text
