"""The page of the prices, for admins."""

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.campaigns import prices
from webapp.campaigns.forms import PriceForm
from webapp.campaigns.views import bp, names
from webapp.extensions import db, settings
from webapp.messages.channels import Channel
from webapp.pages import goes_to, render, say
from webapp.services.seeding import ELSEWHERE, PLACES


@bp.get("/prices")
@needs(Role.ADMIN)
def price_list() -> ResponseReturnValue:
    """Show what a message costs, by channel and country."""
    region = settings().phone_region
    usual = {"country": region, "currency": PLACES.get(region, ELSEWHERE).currency}
    return _page(PriceForm(data=usual))


@bp.post("/prices")
@needs(Role.ADMIN)
def set_price() -> ResponseReturnValue:
    """Say what one costs by a channel to a country, in place of what was said before."""
    form = PriceForm(request.form)
    if not form.validate():
        return _page(form, status=422)
    where = Channel(form.channel.data), form.country.data or prices.ELSEWHERE_CODE
    prices.change(*where, form.price.parsed, form.currency.data)
    db.session.commit()
    say("Saved.")
    return goes_to(url_for(".price_list"))


@bp.post("/prices/<channel>/<country>/remove")
@needs(Role.ADMIN)
def remove_price(channel: str, country: str) -> ResponseReturnValue:
    """Forget a price."""
    if channel not in set(Channel):
        abort(404)
    if not prices.remove(Channel(channel), country):
        abort(409, "Somebody has removed this price already.")
    db.session.commit()
    say("Removed.")
    return goes_to(url_for(".price_list"))


def _page(form: PriceForm, *, status: int = 200) -> ResponseReturnValue:
    return render(
        "campaigns/prices.html",
        form=form,
        prices=prices.listed(),
        price_words=prices.words_for,
        country_words=prices.country_words,
        status=status,
        **names(),
    )
