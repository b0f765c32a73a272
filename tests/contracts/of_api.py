"""Who may open the pages of tokens, which routes are for programs, and what changes something there."""

from typing import Any

from tests.contracts.world import send

PUBLIC = "api_docs.document api_docs.page"
VIEWERS = ""
OPERATORS = ""
ADMINS = "tokens.index tokens.new tokens.make tokens.revoke"
#: What only a token opens.
PROGRAMS = """
    api.list_tasks api.get_task api.get_progress api.retry_task api.cancel_task
    api.retry_task_with api.take_back_task api.retry_many api.cancel_many api.take_back_many
    api.list_services api.list_times api.make_booking api.get_booking api.cancel_booking
    api.upload_document api.get_document
    api.make_campaign api.add_recipients api.get_campaign api.check_campaign api.send_campaign
    api.pause_campaign api.continue_campaign api.stop_campaign
"""
#: Of each route that changes something, how it is asked for one change: (client, world) -> answer.
WAYS: dict[str, Any] = {
    "tokens.make": lambda c, w: send(c, "/tokens/new", name="The till", scopes="tasks:read"),
    "tokens.revoke": lambda c, w: send(c, f"/tokens/{w.api_token.id}/revoke"),
}
