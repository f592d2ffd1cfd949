"""The event packages, one a file."""
