"""What `dev.py` needs once the environment is there: services, launcher, checks. Never installed in production."""
