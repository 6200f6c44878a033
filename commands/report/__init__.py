"""The report of an incident: gathered once as a value, then drawn as Markdown or PDF by pure functions."""
