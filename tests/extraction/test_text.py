from tests.extraction.reads import Result, read


def places(result: Result) -> list[tuple[str, str]]:
    return [
        (at, piece["text"][start:end])
        for piece in result.pieces
        for start, end, _, _, at in piece["marks"]
    ]


def test_paragraphs_stand_at_their_lines() -> None:
    content = b"first\nstill first\r\n\r\n\r\nsecond\rthird line\n"
    assert places(read(content, "some.txt")) == [
        ("1-2", "first\nstill first"),
        ("5-6", "second\nthird line"),
    ]


def test_every_line_of_a_long_text_is_where_its_mark_says() -> None:
    lines = [f"line {n} with some words" if n % 7 else "" for n in range(1, 3000)]
    result = read("\n".join(lines).encode(), "long.txt")
    assert len(result.pieces) > 5
    for at, text in places(result):
        first, _, last = at.partition("-")
        assert text == "\n".join(lines[int(first) - 1 : int(last or first)])


def test_a_text_of_one_endless_line_is_cut_at_words() -> None:
    result = read(b"word " * 10_000, "long.txt")
    assert all(len(piece["text"]) <= 8_000 for piece in result.pieces)
    assert " ".join(result.text.split()) == " ".join(["word"] * 10_000)


def test_headings_of_markdown_are_found_but_not_in_code() -> None:
    content = b"# One *two*\n\nText\n\nUnder\n=====\n\n```\n# no heading\n```\n\n### Three\n\nend\n"
    result = read(content, "some.md")
    found = [
        (level, at, piece["text"][start:end])
        for piece in result.pieces
        for start, end, kind, level, at in piece["marks"]
        if kind == "heading"
    ]
    assert found == [(1, "1", "One two"), (1, "5-6", "Under"), (3, "12", "Three")]
    assert ("8-10", "# no heading") in places(result)


def test_tables_lists_and_front_matter_of_markdown_are_told_apart() -> None:
    content = b"---\ntitle: Prices\n---\n\n| Thing | Price |\n|---|---|\n| Bread | **3** |\n\n- one\n- two\n"
    result = read(content, "some.md")
    assert result.begin["about"]["title"] == "Prices"
    assert result.marked("table") == ["Thing | Price"]
    assert result.marked("row") == ["Bread | 3"]
    assert result.marked("list") == ["one", "two"]
    assert ("7", "Bread | 3") in places(result)


def test_lines_of_a_long_markdown_text_are_counted_through() -> None:
    content = "".join(f"## Part {n}\n\nwords of part {n}\n\n" for n in range(800))
    for at, text in places(read(content.encode(), "long.md")):
        assert content.split("\n")[int(at) - 1].removeprefix("## ") == text


PAGE = b"""<!doctype html><html lang="de"><head><title>Der Laden</title>
<meta name="description" content="Alles"><script>evil()</script><style>p {}</style></head>
<body><h1>Opening <i>hours</i></h1><p>We are<br>open<b>ed</b>.<script>evil()</script></p>
<table><tr><th>Thing</th><th>Price</th></tr><tr><td>Bread</td><td>3</td></tr></table>
<ul><li>one<ul><li>inner</li></ul></li></ul><template>no</template><p hidden>no</p>
<p style="display: none">no</p><svg><text>drawn</text><script>evil()</script></svg></body></html>"""


def test_a_web_page_is_what_is_shown_of_it() -> None:
    result = read(PAGE, "shop.html")
    about = result.begin["about"]
    assert (about["title"], about["description"], about["language"]) == ("Der Laden", "Alles", "de")
    assert result.marked("heading") == ["Opening hours"]
    assert result.marked("table") == ["Thing | Price"]
    assert result.marked("row") == ["Bread | 3"]
    assert result.marked("list") == ["one", "inner"]
    assert "We are\nopened." in result.text
    assert "drawn" in result.text
    assert not {"evil()", "no"} & set(result.text.split())


def test_a_page_may_name_its_encoding_rightly_or_wrongly() -> None:
    page = '<html><meta charset="{}"><body><p>Grüße aus Köln</p></body></html>'
    for said, written in (("windows-1252", "cp1252"), ("utf-8", "cp1252"), ("latin1", "utf-8")):
        content = page.format(said).encode(written)
        assert read(content, "some.html").text == "Grüße aus Köln", (said, written)


def test_elements_within_elements_by_the_hundred_thousand_are_refused_at_once() -> None:
    assert read(b"<html>" + b"<div>" * 200_000 + b"text", "deep.html").refused == "too_deep"
    assert read(b"<html>" + b"<p>text" * 50_000, "flat.html").text.startswith("text")


MAIL = b"""From: =?utf-8?q?J=C3=B6rg?= <joerg@desk.example>\r
To: ada@desk.example\r
Subject: =?utf-8?b?R3LDvMOfZQ==?= from here\r
Date: Mon, 5 Feb 2024 10:00:00 +0100\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=outer\r
\r
--outer\r
Content-Type: multipart/alternative; boundary=inner\r
\r
--inner\r
Content-Type: text/plain; charset=iso-8859-1\r
Content-Transfer-Encoding: quoted-printable\r
\r
Gr=FC=DFe.\r
\r
Second paragraph.\r
--inner\r
Content-Type: text/html\r
\r
<p>as a page</p>\r
--inner--\r
--outer\r
Content-Type: application/pdf\r
Content-Disposition: attachment; filename="bill.pdf"\r
\r
secret\r
--outer\r
Content-Type: message/rfc822\r
\r
Subject: Within\r
Content-Type: text/html; charset=utf-8\r
\r
<p>the <b>inner</b> one</p>\r
--outer--\r
"""


def test_a_mail_is_its_head_its_text_and_the_names_of_what_is_attached() -> None:
    result = read(MAIL, "some.eml")
    assert result.begin["about"] == {
        "title": "Grüße from here",
        "author": "Jörg <joerg@desk.example>",
        "to": "ada@desk.example",
        "date": "2024-02-05T10:00:00+01:00",
    }
    assert result.marked("heading") == ["Grüße from here", "Within"]
    for words in ("Grüße.", "Second paragraph.", "the inner one", "Attachments: bill.pdf"):
        assert words in result.text
    assert "as a page" not in result.text
    assert "secret" not in result.text


def test_a_mail_is_read_whatever_it_says_of_its_letters() -> None:
    for says in ('"UTF-8"Content-Transfer-Encoding: 8bit', "utf-8", "x-no-such"):
        content = (
            f"From: a@b.example\nContent-Type: text/plain; charset={says}\n"
            "Content-Transfer-Encoding: 8bit\n\nDas Frühstück gibt es später.\n"
        )
        assert "Das Frühstück gibt es später." in read(content.encode("cp1252"), "a.eml").text


def test_mails_within_mails_end_at_some_depth() -> None:
    nested = b"Content-Type: message/rfc822\n\n" * 25 + b"Subject: deep\n\ntext"
    parts = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000)
    )
    for content in (b"From: a@b.example\nSubject: x\n" + nested, b"From: a@b.example\n" + parts):
        assert read(content, "deep.eml").refused == "too_deep"


def test_broken_headers_are_shown_as_they_stand() -> None:
    content = b"Subject: =?no-such?q?words?= \xfcber\nFrom: <<<\nDate: never\n\ntext"
    result = read(content, "odd.eml")
    assert "text" in result.text
    assert result.begin["about"]["date"] == "never"
