"""What `dev.py` does inside the environment: services, launcher, checks. Never in production."""
