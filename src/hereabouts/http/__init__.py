"""The policy server's HTTP face and its client; loaded only where HTTP is on."""
