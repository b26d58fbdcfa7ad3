"""The door on the loopback interface: programs start flows there by a call with a token."""
