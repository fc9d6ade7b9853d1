"""One callback on its way: from the properties of an event to the document that comes back. Knows no call."""
