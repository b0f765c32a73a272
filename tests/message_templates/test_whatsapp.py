"""WhatsApp's templates are filled in as WhatsApp wants them."""

from typing import Any

import pytest

from webapp.message_templates.language import BadTemplate, MissingValue
from webapp.message_templates.rendered import TooLong
from webapp.message_templates.whatsapp import Blank, WhatsAppRenderer, blanks, refusal

FULL = [
    {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}", "example": {"header_text": ["4821"]}},
    {"type": "BODY", "text": "Hello {{1}}, {{2}} is ready.", "example": {"body_text": [["Asha", "Tea"]]}},
    {"type": "FOOTER", "text": "Bellhop"},
    {"type": "BUTTONS", "buttons": [
        {"type": "QUICK_REPLY", "text": "Thanks"},
        {"type": "URL", "text": "Look", "url": "https://shop.example/o/{{1}}"},
        {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15550100"},
    ]},
]  # fmt: skip
NAMED = [{"type": "BODY", "text": "Hello {{first_name}}, on {{day}}.", "example": {
    "body_text_named_params": [{"param_name": "first_name", "example": "Asha"}]}}]  # fmt: skip
FILLINGS = {
    "1": "{{ first_name }}", "2": "{{ what|default:'it' }}", "header.1": "{{ order }}",
    "button.1": "{{ order }}",
}  # fmt: skip


def render(components: Any, fillings: dict[str, str], **values: str) -> Any:
    return WhatsAppRenderer("hello", "en", components, fillings).render(values)


def test_a_template_says_what_there_is_to_fill_in() -> None:
    assert blanks(FULL) == [
        Blank("header.1", "{{1}} of the header", "4821"),
        Blank("1", "{{1}} of the text", "Asha"),
        Blank("2", "{{2}} of the text", "Tea"),
        Blank("button.1", "{{1}} of the address of the button “Look”", ""),
    ]
    assert [blank.key for blank in blanks(NAMED)] == ["first_name", "day"]


def test_each_part_gets_its_parameters() -> None:
    found = render(FULL, FILLINGS, first_name="Asha", order="A 1/ü")
    assert found.body == "Hello Asha, it is ready."
    assert (found.header, found.footer) == ("Order A 1/ü", "Bellhop")
    assert found.buttons == ("Thanks", "Look", "Call")
    assert found.units == 1
    assert found.template == {
        "name": "hello",
        "language": "en",
        "components": [
            {"type": "header", "parameters": [{"type": "text", "text": "A 1/ü"}]},
            {"type": "body", "parameters": [
                {"type": "text", "text": "Asha"}, {"type": "text", "text": "it"}]},
            {"type": "button", "sub_type": "url", "index": "1", "parameters": [
                {"type": "text", "text": "A%201/%C3%BC"}]},
        ],
    }  # fmt: skip


def test_named_parameters_carry_their_names() -> None:
    found = render(NAMED, {"first_name": "{{ name }}", "day": "Monday"}, name="Asha")
    assert found.template["components"][0]["parameters"] == [
        {"type": "text", "parameter_name": "first_name", "text": "Asha"},
        {"type": "text", "parameter_name": "day", "text": "Monday"},
    ]
    assert found.body == "Hello Asha, on Monday."


def test_parameters_go_by_their_numbers_and_not_by_where_they_stand() -> None:
    body = [{"type": "BODY", "text": "{{2}} {{10}} {{1}} {{2}}"}]
    found = render(body, {"1": "a", "2": "b", "10": "c"})
    assert [one["text"] for one in found.template["components"][0]["parameters"]] == ["a", "b", "c"]
    assert found.body == "b c a b"


def test_a_template_without_blanks_needs_nothing() -> None:
    found = render([{"type": "BODY", "text": "Hello"}], {})
    assert found.template == {"name": "hello", "language": "en", "components": []}


def test_a_value_is_one_line_and_is_not_read_again() -> None:
    body = [{"type": "BODY", "text": "Hello {{1}}{{2}}"}]
    found = render(body, {"1": "{{ x }}", "2": "!"}, x=" a\n\tb      {{2}}\u2028c ")
    assert found.body == "Hello a b {{2}} c!"


def test_a_blank_that_was_not_filled_or_is_wrong_is_told_to_the_author() -> None:
    for fillings, words in (
        ({**FILLINGS, "2": " "}, "Say what stands in “{{2}} of the text”."),
        ({**FILLINGS, "2": "{{ x"}, "not closed"),
    ):
        with pytest.raises(BadTemplate, match=words.replace("{", r"\{")):
            render(FULL, fillings)


def test_a_missing_or_empty_value_is_a_row_error() -> None:
    with pytest.raises(MissingValue):
        render(FULL, FILLINGS, order="1")
    with pytest.raises(MissingValue):
        render([{"type": "BODY", "text": "{{1}}"}], {"1": "{{ x|default:'' }}"})


@pytest.mark.parametrize(
    ("component", "length"),
    [
        ({"type": "BODY", "text": "Hello {{1}}"}, 1024),
        ({"type": "HEADER", "format": "TEXT", "text": "Hello {{1}}"}, 60),
    ],
)
def test_a_text_longer_than_whatsapp_takes_is_a_row_error(
    component: dict[str, str], length: int
) -> None:
    key = "1" if component["type"] == "BODY" else "header.1"
    parts = [component] if key == "1" else [component, {"type": "BODY", "text": "x"}]
    render(parts, {key: "{{ x }}"}, x="a" * (length - 6))
    with pytest.raises(TooLong):
        render(parts, {key: "{{ x }}"}, x="a" * (length - 5))


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"type": "HEADER", "format": "IMAGE"}, "Its header is of the kind “image”"),
        ({"type": "HEADER", "format": "LOCATION"}, "only text is supported yet"),
        ({"type": "CAROUSEL", "cards": []}, "a part “carousel”"),
        ({"type": "BUTTONS", "buttons": [{"type": "COPY_CODE"}]}, "the kind “copy code”"),
        ({"type": "BUTTONS", "buttons": [{"type": "OTP"}]}, "the kind “otp”"),
    ],
)
def test_what_cannot_be_sent_from_here_is_refused_with_a_sentence(
    part: dict[str, Any], words: str
) -> None:
    sentence = refusal([{"type": "BODY", "text": "x"}, part])
    assert sentence is not None
    assert words in sentence
    with pytest.raises(BadTemplate):
        render([{"type": "BODY", "text": "x"}, part], {})


def test_what_can_be_sent_is_not_refused() -> None:
    assert refusal(FULL) is None
    assert refusal([{"type": "FOOTER", "text": "x"}]) == "It has no text."
