"""What jobmon.toml may say: its files, its values, its tables."""
