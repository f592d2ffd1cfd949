"""Where records live: one interface, several backends."""
