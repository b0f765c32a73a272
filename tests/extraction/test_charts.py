"""What a chart in a document or on a slide was drawn from."""

from tests.extraction.make import docx, para, pptx, relations, shape, unzipped, zipped
from tests.extraction.reads import read

C = "http://schemas.openxmlformats.org/drawingml/2006/chart"


def points(kind: str, *values: str) -> str:
    """Return a copy of cells; an empty one has no point."""
    told = "".join(
        f'<c:pt idx="{n}"><c:v>{one}</c:v></c:pt>' for n, one in enumerate(values) if one
    )
    return f"<c:{kind}Ref><c:{kind}Cache>{told}</c:{kind}Cache></c:{kind}Ref>"


def chart(*series: tuple[str, list[str], list[str]]) -> str:
    """Return a chart of these series: name, categories, values."""
    told = "".join(
        f"<c:ser><c:tx>{points('str', name)}</c:tx><c:cat>{points('str', *categories)}</c:cat>"
        f"<c:val>{points('num', *values)}</c:val></c:ser>"
        for name, categories, values in series
    )
    return (
        f'<c:chartSpace xmlns:c="{C}"><c:chart><c:plotArea><c:barChart>{told}</c:barChart>'
        "</c:plotArea></c:chart></c:chartSpace>"
    )


GUESTS = chart(
    ("2023", ["May", "June"], ["80", "95.400000000000006"]), ("2024", ["May", "June"], ["", "110"])
)
TABLE = " | 2023 | 2024\nMay | 80 | \nJune | 95.4 | 110"


def test_a_chart_in_a_document_is_read_as_its_table() -> None:
    links = {"rId1": ("chart", "charts/chart1.xml"), "rId2": ("chart", "charts/chart2.xml")}
    parts = {"word/charts/chart1.xml": GUESTS, "word/charts/chart2.xml": GUESTS}
    found = read(docx(para("Guests"), links=links, parts=parts), "a.docx")
    assert [piece["text"] for piece in found.pieces] == ["Guests", f"{TABLE}\n\n{TABLE}"]
    assert found.marked("table") == [" | 2023 | 2024"] * 2


def test_a_chart_on_a_slide_is_read_as_its_table() -> None:
    parts = unzipped(pptx([shape("Guests")])) | {
        "ppt/slides/_rels/slide1.xml.rels": relations({"rId1": ("chart", "../charts/chart1.xml")}),
        "ppt/charts/chart1.xml": GUESTS,
    }
    assert read(zipped(parts), "a.pptx").text == f"Guests\n\n{TABLE}"


def test_a_chart_of_more_values_than_are_read_is_refused() -> None:
    many = chart(*((str(n), [], [""] * n + ["1"]) for n in range(60)))
    content = docx(para("x"), links={"rId1": ("chart", "c.xml")}, parts={"word/c.xml": many})
    assert read(content, "a.docx", rows=1000).refused == "too_many_rows"
