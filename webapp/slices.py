"""The parts of the house: their tables, and their pages."""

from flask import Blueprint

from webapp.accounts import models as accounts
from webapp.bookings import models as bookings
from webapp.customers import models as customers
from webapp.jobs import models as jobs
from webapp.messages import models as messages
from webapp.services import models as services

TABLES = (accounts, bookings, customers, jobs, messages, services)
BLUEPRINTS: tuple[Blueprint, ...] = ()
