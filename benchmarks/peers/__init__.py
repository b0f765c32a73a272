"""What Bellhop is measured against: the plain way of doing the same."""
