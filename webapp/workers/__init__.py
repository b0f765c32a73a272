"""The workers and the queues: who works, at what, and what waits."""
