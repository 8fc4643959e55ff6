"""`python -m fangxian.config.cli`, for children that must not depend on PATH."""

import sys

from . import main

sys.exit(main())
