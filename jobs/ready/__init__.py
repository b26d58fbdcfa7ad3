"""Jobs that are ready to run, each also a command. They need the extra `jobmon[jobs]`."""
