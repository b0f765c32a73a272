"""The process that reads foreign bytes: it knows nothing of the product, and may die."""
