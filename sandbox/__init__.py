"""A Slack workspace and an AWS account in a box, for the demo, drills and tests."""
