"""Jobs that are several: maps and runs within runs, on the side of the runtime."""
