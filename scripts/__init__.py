"""What keeps the documentation in step with the code, and builds the site."""
