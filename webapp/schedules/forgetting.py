"""What schedules keep: nothing about customers."""

from webapp.forgetting import Keeps
from webapp.schedules.models import Schedule

KEEPS = Keeps(free={Schedule: "name timing zone pause_reason reckoned"})
