"""`python -m chalice_offline` is `chalice-offline`."""

from chalice_offline.cli import main

if __name__ == "__main__":
    main()
