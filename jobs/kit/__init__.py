"""What a running job may call."""
