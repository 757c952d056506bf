"""python -m hearth_compress: see cli.py."""

import sys

from hearth_compress.cli import main

sys.exit(main())
