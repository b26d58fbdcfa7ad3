"""The textual side of the screen: what shows lines, takes keys and asks questions."""
