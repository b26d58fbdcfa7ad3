"""The drill: a flow's own graph with dummy jobs, its runtime killed again and again, and the books.

`drill.drill` does it all; what it did is proved by a file that the dummies themselves wrote.
"""
