"""Calls in virtual time: what a call is, how it waits, and how a document is run. Knows no verb."""
