"""Layer 1: SIP. Opens no socket, reads no clock, draws no random number."""
