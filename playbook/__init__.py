"""What should happen: findings, incidents, plans, approvals, decisions and the timeline, as pure values."""
