"""Who gets a campaign: read from a file, from the customers, or from pasted numbers."""

from webapp.campaigns.audience.naming import placeholders as placeholders
from webapp.campaigns.audience.problems import PROBLEMS as PROBLEMS
