"""The parts of the house: their tables, and their pages."""

from flask import Blueprint

from webapp.accounts import models as accounts
from webapp.bookings import book_views, payment_views
from webapp.bookings import models as bookings
from webapp.bookings import views as booking_views
from webapp.bookings import webhooks as payment_webhooks
from webapp.customers import models as customers
from webapp.customers import views as customer_views
from webapp.jobs import models as jobs
from webapp.messages import models as messages
from webapp.messages import webhooks
from webapp.services import models as services
from webapp.services import views as service_views

TABLES = (accounts, bookings, customers, jobs, messages, services)
BLUEPRINTS: tuple[Blueprint, ...] = (
    book_views.bp,
    booking_views.bp,
    customer_views.bp,
    payment_views.bp,
    payment_webhooks.bp,
    service_views.bp,
    webhooks.bp,
)
