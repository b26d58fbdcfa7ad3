"""The batch runtime: decides what runs, executes it, and never loses track."""
