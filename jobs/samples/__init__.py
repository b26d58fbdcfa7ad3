"""The flows of the README."""
