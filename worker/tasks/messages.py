"""The tasks that drain messages and what providers report of them."""

from webapp.jobs.kinds import Wake
from webapp.messages import delivering, opting_out, receiving, reconciling, reporting, statuses
from worker.tasking import wake_task

HANDLERS = (opting_out, reporting, statuses)  # importing them registers what they work through

wake_task(Wake.DELIVER)(delivering.deliver)
wake_task(Wake.SEND_BATCHES)(delivering.send_batches)
wake_task(Wake.RECEIVE)(receiving.receive)
wake_task(Wake.RECONCILE)(reconciling.reconcile)
