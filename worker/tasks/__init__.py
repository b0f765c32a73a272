"""Every task; importing this registers them."""

from worker.tasks import accounts as accounts
from worker.tasks import audience as audience
from worker.tasks import bookings as bookings
from worker.tasks import campaigns as campaigns
from worker.tasks import charts as charts
from worker.tasks import documents as documents
from worker.tasks import exports as exports
from worker.tasks import files as files
from worker.tasks import jobs as jobs
from worker.tasks import knowledge as knowledge
from worker.tasks import messages as messages
from worker.tasks import notices as notices
from worker.tasks import payments as payments
from worker.tasks import templates as templates
from worker.tasks import websites as websites
