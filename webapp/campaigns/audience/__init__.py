"""Who gets a campaign: read from a file, from the customers, or from pasted numbers."""
