"""LAYER 3: what each user has said about his presence, read, checked and decided."""
