"""The Slack door: listeners that call commands, cards drawn from stored state, and the one sender of messages."""
