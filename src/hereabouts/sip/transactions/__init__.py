"""The four SIP transactions as tables (:rfc:`3261#section-17`)."""
