"""A page of the list of jobs asks the database at most eight times."""

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient

from tests.jobs.sought import Thing, a_job
from tests.jobs.statements import listening
from webapp.extensions import db
from webapp.jobs.listing import finding, searching

RAO = Thing(1, "Asha Rao, Consultation, 12 March 10:00", "+919812345678", "asha.rao@example.org")


@pytest.fixture
def statements(vera: FlaskClient) -> Iterator[Callable[[str], int]]:
    """Give what says how many statements an address costs."""
    a_job(about=RAO, error="The number +91 98000 11111 cannot be reached.")
    a_job(about=RAO)
    with listening(db.engine) as asked:

        def number(address: str) -> int:
            asked.forget()
            assert vera.get(address).status_code == 200
            return asked.number

        yield number


def test_a_page_takes_as_many_statements_however_many_jobs_it_shows(
    statements: Callable[[str], int],
) -> None:
    pages = ("/jobs", "/jobs?show=failed&type=booking", "/jobs?q=rao", "/jobs?q=reached+rao&show=failed",
             "/jobs/failures", "/jobs/filters?show=failed")  # fmt: skip
    before = [statements(page) for page in pages]
    for number in range(60):
        a_job(
            about=Thing(100 + number, f"Rao {number}"),
            error=f"Another cause {chr(65 + number % 26)}.",
        )
    assert [statements(page) for page in pages] == before
    assert max(before) <= 8, before


def test_a_search_for_words_that_very_many_have_takes_no_more(
    statements: Callable[[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Then it is looked first what has them all, or how many fit the rest.
    monkeypatch.setattr(searching, "RARE", 0)
    monkeypatch.setattr(finding, "FEW", 0)
    searches = (
        "rao",
        "rao+reached",
        "rao&show=failed",
        "rao&who=-",
        "rao&show=failed&from=2020-01-01",
    )
    many = [statements(f"/jobs?q={words}") for words in searches]
    assert max(many) <= 8, many
