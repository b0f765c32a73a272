"""Every task; importing this registers them."""

from worker.tasks import accounts as accounts
from worker.tasks import bookings as bookings
from worker.tasks import jobs as jobs
from worker.tasks import messages as messages
from worker.tasks import notices as notices
from worker.tasks import payments as payments
