"""CloudWatch Logs Insights, as much of its language as is asked here; anything else is malformed."""
