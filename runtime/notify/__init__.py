"""Telling people: what is worth a message, keeping it until it is sent, sending it, the hand-over.

What happened becomes messages in the outbox, committed with how far it was looked at. Sending is
done by a child process of its own, so that neither a server that hangs nor what its libraries
need ever reaches the runtime.
"""
