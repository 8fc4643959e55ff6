"""The WSGI application that granian serves."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from fangxian.config.cli.mark import refused

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fangxian.config.settings")
# A process that begins while the database restarts waits for it. It would fall, be started again,
# fall again, and after two such falls in a row granian ends with all its processes.
_PATIENCE = 60.0

application = get_wsgi_application()
# Any other server than `fangxian serve` may load this, too.
if why := refused(settings.SERVER, settings.FANGXIAN_MODE, patience=_PATIENCE):
    raise ImproperlyConfigured(why)
