"""What the problem is: networks, machines, users, links; options, plans, the checker, files and generators."""
