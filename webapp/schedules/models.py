"""The tables of schedules."""
