"""The sending rules, run through in a time of their own."""
