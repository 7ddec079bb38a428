"""Speed and quality, each measured in one run beside its peer."""
