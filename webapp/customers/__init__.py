"""The people whom the business serves."""
