"""Limits that jobs share: slots, pools, rates and locks, also with scripts outside."""
