"""Dates and numbers in Vietnamese: "29 tháng 11, 2026", "1.234,5". Django's own write the month as a capitalised word,
and group no digits."""

DATE_FORMAT = r"j \t\h\á\n\g n, Y"
DATETIME_FORMAT = r"j \t\h\á\n\g n, Y, H:i"
TIME_FORMAT = "H:i"
SHORT_DATE_FORMAT = "j/n/Y"
YEAR_MONTH_FORMAT = r"\t\h\á\n\g n, Y"
MONTH_DAY_FORMAT = "j/n"
DECIMAL_SEPARATOR = ","
THOUSAND_SEPARATOR = "."
NUMBER_GROUPING = 3
