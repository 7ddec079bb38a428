"""Nothing wrong, nothing lost: what happens when processes, disks and people misbehave."""
