"""Exports: a CSV file written by a job, and the link to it."""
