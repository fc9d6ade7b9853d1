"""Every way through a phone line: walked on simulated calls, drawn, and checked for faults."""
