"""Everything that leaves the house: one row a message, sent once, with its attempts and its fate."""
