"""The log screen: one attempt's output, followed, searched, filtered."""
