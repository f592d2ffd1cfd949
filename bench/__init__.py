"""The benchmark: a load of our own against Hereabouts and, where it is installed, Kamailio."""
