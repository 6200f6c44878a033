"""The terminal door, and the wiring of everything."""
