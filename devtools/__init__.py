"""Programs for those who work on Bellhop itself; nothing here is installed with it."""
