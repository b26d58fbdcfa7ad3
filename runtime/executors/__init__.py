"""Executors: how an attempt becomes a process somewhere."""
