"""Run the command line with ``python -m aistandards``."""

import sys

from aistandards.cli import main

if __name__ == "__main__":
    sys.exit(main())
