"""Crontabs: reading them, making flows of them, wrapping their commands, proposing what follows."""
