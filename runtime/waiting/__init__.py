"""Runs that wait for runs of other flows: which period, which run, and when the waiting is over."""
