"""One callback on its way, from the properties of an event to the document that comes back.

Knows no call: what it delivers and for whom, it is told in plain values.
"""
