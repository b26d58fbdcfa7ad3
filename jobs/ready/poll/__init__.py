"""A job of another system, started over HTTP and waited for; see docs/poll.md."""
