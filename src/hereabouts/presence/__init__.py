"""Layer 2: publications, subscriptions, composition and notification."""
