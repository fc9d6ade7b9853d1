"""What the library costs, measured: ``make bench``."""
