"""What makes runs out of time: plans, their slots, and what becomes of each slot."""
