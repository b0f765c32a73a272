"""Why somebody cannot be reached, in one closed list."""

#: By the code in ``BadRow.problem``: what people read where rows are counted by reason.
PROBLEMS = {
    "nobody": "No telephone number and no address",
    "phone_unreadable": "Not a telephone number",
    "phone_shortened": "Shortened by a spreadsheet, its last digits are lost",
    "phone_country": "The country of the number is not known",
    "phone_short": "Too few digits",
    "phone_long": "Too many digits",
    "phone_wrong": "No such number can exist",
    "landline": "A landline, which gets no messages",
    "phone_kind": "A service number, which gets no messages",
    "email_wrong": "Not an e-mail address",
    "cells": "More cells than the heading has",
    "quote": "A quotation mark that is never closed",
    "long": "Too long",
}


class Refused(Exception):
    """Somebody cannot be reached this way: ``code`` is a key of PROBLEMS, the text a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
