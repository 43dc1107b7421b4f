"""The doors as the suites use them: a server with its bucket, and S3, a mount and NFSv3 in front of it."""
