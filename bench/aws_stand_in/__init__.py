"""A light AWS stand-in: one account with one instance to contain, each answer after a set round trip."""
