"""People who may sign in, what they may do, and what they did."""
