"""What makes runs beside schedules and people: files that appear, and the ends of other runs."""
