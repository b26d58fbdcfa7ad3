"""Logs of attempts as the screens read them: where from, what lines there are, how they look."""
