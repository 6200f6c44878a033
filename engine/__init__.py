"""What outlives a crash: durable runs, timers, and the clock that wakes them."""
