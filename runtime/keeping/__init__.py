"""Letting go of what is old, and keeping room on the disk."""
