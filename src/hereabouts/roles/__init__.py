"""Which parts make which server."""
