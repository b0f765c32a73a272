"""From where on something is not well. deploy/prometheus/alerts.yml says the same; a test compares them."""

from datetime import timedelta

#: An alert opens when it has held for so long, and is over when all was well for so long.
HOLD = timedelta(minutes=1)
WELL = timedelta(minutes=2)
#: Beat ticks each five seconds.
BEAT_SILENT = timedelta(seconds=60)
#: The oldest that waits where somebody waits for it.
OLDEST = timedelta(minutes=10)
#: What is due in the ledger and Redis has not been told of.
LEDGER_LAG = timedelta(seconds=60)
#: Messages that could leave have not, and no other one has meanwhile.
NOTHING_SENT = timedelta(minutes=5)
#: A provider that usually reports has not, though at least so many messages were sent to it.
PROVIDER_SILENT = timedelta(minutes=30)
UNREPORTED = 3
#: "Lately", for lost jobs, vanished workers and the share of failures.
LATELY = timedelta(minutes=15)
#: So many failures of a kind lately, and so many times its usual share, is an error rate that rises.
FAILURES = 5
TIMES_USUAL = 3
#: A kind that never fails is not compared with nothing: below this share it is not rising.
LEAST_SHARE = 0.1
QUEUE_PAUSED = timedelta(hours=1)
#: No more mails than this in an hour; what comes then is told in the next one.
MAILS_AN_HOUR = 10
