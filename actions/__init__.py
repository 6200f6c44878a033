"""What can be done to AWS: one file an action, and the ordered tuple that lists them."""
