"""What reports keep: sums, and nobody's name."""

from webapp.forgetting import Keeps
from webapp.reports.models import Report

KEEPS = Keeps(sentences={Report: "figures"}, free={Report: "period zone"})
