"""The parts of the house: their tables, and their pages."""

from flask import Blueprint

from webapp.accounts import models as accounts
from webapp.jobs import models as jobs

TABLES = (accounts, jobs)
BLUEPRINTS: tuple[Blueprint, ...] = ()
