"""One SIP header family a file: values that read and write themselves."""
