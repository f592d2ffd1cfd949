"""The outside world: sockets, the clock, chance, and the event loop."""
