"""Every task; importing this registers them."""

from worker.tasks import jobs as jobs
from worker.tasks import messages as messages
