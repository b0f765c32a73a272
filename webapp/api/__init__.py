"""The house for programs."""
