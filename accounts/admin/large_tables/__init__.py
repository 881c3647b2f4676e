"""Lists of tables that have millions of rows: each page reads a bounded number of them."""

from accounts.admin.large_tables.admin import LargeTableAdmin
from accounts.admin.large_tables.time_range import TimeRangeFilter

__all__ = ["LargeTableAdmin", "TimeRangeFilter"]
