"""`python -m edgecut`."""

from edgecut.cli import main

if __name__ == "__main__":
    main()
