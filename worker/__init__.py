"""The worker: Celery meets the domain. Nothing in ``webapp`` imports it."""
