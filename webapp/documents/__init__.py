"""Documents: uploaded files, kept, and read into knowledge."""
