"""Benchmarks of the library and its peers: ``make bench``."""
