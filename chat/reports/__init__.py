"""The page of reports: usage of the gateway beside what people think of its answers, as tables and charts."""
