"""What a responder can ask for: one file a verb, and the only place that decides."""
