"""`python -m bench`: targets of speed and size, jobmon beside plain references, in one run."""
