"""What is to be expected of runs: medians, ends, who is late, who is stuck."""
