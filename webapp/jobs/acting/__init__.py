"""What people ask of jobs, one or many: to run again, to stop, to change, and not after all."""
