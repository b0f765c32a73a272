"""The page of one job: what it does, where it stands, and what happened to it."""
