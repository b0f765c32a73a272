"""The list of all jobs: what it is asked by, what it finds, and what fails for one cause."""
