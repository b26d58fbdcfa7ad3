"""What jobs that talk HTTP share: secrets of the environment, paths into answers, their JSON."""
