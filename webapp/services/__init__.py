"""What the business offers, and when."""
