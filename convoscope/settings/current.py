"""The settings of this process, chosen by `APP_ENV`."""

from convoscope.settings.base import *  # noqa: F403
from convoscope.settings.base import IS_PRODUCTION

if IS_PRODUCTION:
    from convoscope.settings.production import *  # noqa: F403
