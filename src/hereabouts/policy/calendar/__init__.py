"""Periods that recur, as the `time` outputs of a policy state them (:rfc:`3880#section-4.4`)."""
