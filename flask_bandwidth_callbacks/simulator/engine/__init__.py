"""Calls in virtual time: what a call is, how it waits, how a document runs on it.

Knows no verb. What a verb does stands one floor above, under :func:`.interpreter.runs`.
"""
