"""The page of a campaign while it is sent, and afterwards."""

from tests.campaigns.live.making import a_campaign


def test_first(otto, app):
    campaign = a_campaign(
        {"delivered": 5, "failed 21211": 2, "queued": 3, "problem missing_value": 1}
    )
    page = otto.get(f"/campaigns/{campaign.id}/progress")
    assert page.status_code == 200
    for path in (
        "recipients",
        "recipients?state=failed",
        "retry?state=failed&code=21211",
        "export",
        "rehearsal",
        f"recipients?state=problem&code=missing_value",
    ):
        assert otto.get(f"/campaigns/{campaign.id}/{path}").status_code == 200, path
