"""What happens by the clock."""

from webapp.schedules.finding import beat_seen_at as beat_seen_at
from webapp.schedules.missing import missed as missed
