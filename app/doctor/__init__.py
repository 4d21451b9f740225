"""What is not as it should be in the service, and what to do about it."""
