"""Presence documents (:rfc:`3863`): read, written, and nothing else."""
