"""What is measured of a running job, from its log alone. Pure."""
