"""The first page: what needs somebody now, and whether everything is at work."""
