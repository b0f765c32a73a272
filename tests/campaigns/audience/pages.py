"""The pages of a campaign's recipients, as a test looks at them."""

from selectolax.lexbor import LexborHTMLParser as HTMLParser

from tests.contracts.test_pages_lint import faults, faults_of_a_whole


def at(campaign, *parts):
    return "/".join(map(str, ["/campaigns", campaign.id, "audience", *parts]))


def fine(answer):
    """Return the text of a page that is well made."""
    assert answer.status_code == 200
    assert [*faults_of_a_whole(answer), *faults(answer)] == []
    return answer.text


def error_at(answer, field):
    node = HTMLParser(answer.text).css_first(f"#{field}-error")
    return node.text().strip() if node else None


def the_count(answer):
    return " ".join(HTMLParser(answer.text).css_first("#customer-count").text().split())
