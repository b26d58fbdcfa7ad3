"""Commands that somebody else starts, such as cron: wrapped for themselves, taken in later."""
