"""What ec2ir looks at by itself: one file a check, and the tuple that lists them."""
