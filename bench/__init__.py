"""Measurements of the product against its targets; run by `make bench`."""
