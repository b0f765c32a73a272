"""What was done over time, added up."""
