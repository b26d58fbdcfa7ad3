"""The language flows are written in."""
