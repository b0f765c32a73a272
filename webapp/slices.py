"""The parts of the house: their tables, and their pages."""

from flask import Blueprint

from webapp.accounts import models as accounts
from webapp.accounts.views import bp as accounts_pages
from webapp.customers import models as customers
from webapp.jobs import models as jobs
from webapp.messages import models as messages
from webapp.messages import webhooks

TABLES = (accounts, customers, jobs, messages)
BLUEPRINTS: tuple[Blueprint, ...] = (accounts_pages, webhooks.bp)
