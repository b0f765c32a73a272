"""How a span of time went, written down."""
