"""The placeholder language takes what it knows, and says plainly what is wrong with the rest."""

import string
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from webapp.message_templates import language
from webapp.message_templates.filters import FILTERS
from webapp.message_templates.language import BadTemplate, MissingValue, Text, compile_text, name_of

VALUES = {
    "name": "asha  RAO",
    "first_name": "Asha",
    "नाम": "आशा",
    "blank": " \u200b\t",
    "code": "{{ name }}",
}

#: Texts that come near to what the language means.
nearly = some.lists(
    some.one_of(
        some.sampled_from(
            ["{{", "}}", "{", "}", "|", ":", '"', "'", "“", "”", "’", "default", "upper", "name",
             " ", "\n", "नाम", "\u200b", "{{ name }}", '{{ x|default:"y" }}', "_", "-", ".", "%"]
        ),
        some.text(max_size=4),
    ),
    max_size=14,
).map("".join)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("Hello", "Hello"),
        ("", ""),
        ("Hello {{ first_name }}!", "Hello Asha!"),
        ("{{first_name}}{{ first_name }}", "AshaAsha"),
        ("{{ First name }}", "Asha"),
        ("{{ FIRST-NAME }}", "Asha"),
        ("{{ नाम }}", "आशा"),
        ('{{ nobody|default:"there" }}', "there"),
        ("{{ blank|default:'there' }}", "there"),
        ("{{ nobody|default:“there” }}", "there"),
        ("{{ nobody|default:‘there’ }}", "there"),
        ("{{ nobody|default:„there“ }}", "there"),
        ("{{ nobody|default:«there» }}", "there"),
        ('{{ nobody|default:"there” }}', "there"),
        ('{{ nobody|default:"it’s | here: now" }}', "it’s | here: now"),
        ("{{ nobody | default : '' }}", ""),
        ("{{ nobody|default:'there'|upper }}", "THERE"),
        ("{{ nobody|upper|default:'there' }}", "there"),
        ("{{ name|upper }}", "ASHA  RAO"),
        ("{{ name|LOWER }}", "asha  rao"),
        ("{{ name|title }}", "Asha  Rao"),
        ("{{ name|first|title }}", "Asha"),
        ("{{ name|trim }}", "asha RAO"),
        ("{{ code }}", "{{ name }}"),
        ("{ name } { {name} }", "{ name } { {name} }"),
        ("{% if name %}", "{% if name %}"),
    ],
)
def test_a_text_is_filled_in(text: str, becomes: str) -> None:
    assert compile_text(text).render(VALUES) == becomes


@pytest.mark.parametrize(
    ("text", "position", "sentence"),
    [
        ("Hello {{ name", 6, "This placeholder is not closed"),
        ("Hello {{ name\n}}", 6, "This placeholder is not closed"),
        ("Hello {{ name }", 6, "This placeholder is not closed"),
        ("{{ {{ name }}", 0, "This placeholder is not closed"),
        ("Hello }}", 6, "without the {{"),
        ("{{{ name }}}", 0, "two opening braces"),
        ("{{ }}", 0, "The name between the braces is missing"),
        ("{{ | upper }}", 0, "The name between the braces is missing"),
        ("{{ - }}", 0, "The name between the braces is missing"),
        ("{{ user.name }}", 0, "without “.”"),
        ("{{ 7*7 }}", 0, "without “*”"),
        ("{{ name() }}", 0, "without “(”"),
        ("{{ name|uper }}", 8, "There is no filter called “uper”. Did you mean “upper”?"),
        ("{{ name|or:'x' }}", 8, "Did you mean “default”?"),
        ("{{ name|capitalize }}", 8, "Did you mean “title”?"),
        ("{{ name|xyzzy }}", 8, "There are: upper, lower, title, first, trim, default."),
        ("{{ name| }}", 8, "the name of a filter is missing"),
        ("{{ name|upper|lowr }}", 14, "Did you mean “lower”?"),
        ("{{ name|default }}", 8, "needs quotation marks"),
        ("{{ name|default:there }}", 8, "needs quotation marks"),
        ("{{ name|default:\"there }}", 8, "needs quotation marks"),
        ("{{ name|upper:'x' }}", 8, "“upper” is written alone"),
        ("{{ " + "n" * 65 + " }}", 0, "This name is too long"),
        ("x" * 20_001, 20_000, "at most 20,000 characters"),
        ("{{ x }}" * 101, 0, "too many placeholders"),
    ],
)  # fmt: skip
def test_a_wrong_text_is_refused_with_its_place_and_a_sentence(
    text: str, position: int, sentence: str
) -> None:
    with pytest.raises(BadTemplate) as caught:
        compile_text(text)
    assert sentence in caught.value.sentence
    assert caught.value.position == position


@pytest.mark.parametrize("values", [{}, {"name": ""}, {"name": " \t\n"}, {"name": "\u200b\ufeff"}])
def test_a_missing_or_blank_value_is_named(values: dict[str, str]) -> None:
    with pytest.raises(MissingValue) as caught:
        compile_text("Hello {{ name|upper }}").render(values)
    assert caught.value.name == "name"
    assert caught.value.code == "missing_value"
    assert "“name”" in caught.value.sentence


@given(text=some.one_of(nearly, some.text()), values=some.dictionaries(some.text(), some.text()))
def test_any_text_is_read_or_refused_and_then_rendered_or_misses_a_value(
    text: str, values: dict[str, str]
) -> None:
    found = read(text)
    if isinstance(found, BadTemplate):
        assert found.sentence
        assert 0 <= found.position <= len(text)
        return
    assert all(name == name_of(name) for name in found.names)
    with suppress(MissingValue):
        found.render(values)
    assert "{{" not in found.render(dict.fromkeys(found.names, "v"))


def read(text: str) -> Text | BadTemplate:
    try:
        return compile_text(text)
    except BadTemplate as problem:
        return problem


@given(value=some.text(min_size=1).filter(lambda text: text.strip(language._UNSEEN)))
def test_a_value_is_put_in_as_it_is_and_never_read_again(value: str) -> None:
    text = compile_text("a {{ x }} b {{ x|default:'c' }} d")
    assert text.render({"x": value}) == f"a {value} b {value} d"


@given(
    value=some.text().filter(lambda text: text.strip(language._UNSEEN)),
    filters=some.lists(some.sampled_from(sorted(FILTERS)), max_size=4),
)
def test_every_filter_takes_every_value(value: str, filters: list[str]) -> None:
    text = compile_text("{{ " + "|".join(["x", *filters]) + " }}")
    assert isinstance(text.render({"x": value}), str)


@given(literal=some.text(alphabet=some.characters(exclude_characters="{}")))
def test_what_stands_outside_of_braces_stays_as_it_is(literal: str) -> None:
    assert (
        compile_text(f"{literal}{{{{ x }}}}{literal}").render({"x": "-"}) == f"{literal}-{literal}"
    )


@given(header=some.text())
def test_the_name_of_a_column_is_its_own_name_and_can_stand_between_braces(header: str) -> None:
    name = name_of(header)
    assert name_of(name) == name
    assert len(name) <= 64
    if name:
        assert compile_text(f"{{{{ {name} }}}}").names == {name}


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("First name", "first_name"), ("  E-Mail (private) ", "e_mail_private"), ("ＮＡＭＥ", "name"),
        ("Größe", "größe"), ("पूरा नाम", "पूरा_नाम"), ("2nd", "2nd"), ("%", ""), ("a__b", "a_b"),
        ("x" * 80, "x" * 64),
    ],
)  # fmt: skip
def test_a_header_becomes_a_name(header: str, name: str) -> None:
    assert name_of(header) == name


def test_a_name_that_no_column_has_is_told_with_the_nearest() -> None:
    assert language.unknown({"frist_name", "name"}, ["name", "first_name"]) == [
        "There is no column called “frist_name”. Did you mean “first_name”?"
    ]
    assert language.unknown({"zzz"}, ["a", "b"]) == [
        "There is no column called “zzz”. There are: a, b."
    ]
    assert language.unknown({"zzz"}, []) == ["There is no column called “zzz”. There are none yet."]
    assert language.unknown({"a"}, list(string.ascii_lowercase)) == []
