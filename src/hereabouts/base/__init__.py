"""Words that everything shares; imports nothing of ours."""
