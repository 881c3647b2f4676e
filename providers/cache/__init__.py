"""Answers that are kept and given again: to the same request, and where a site wants it to a question like it.

`policy` decides what may be kept and who may be given it, `store` keeps and finds, `replay` gives it as a stream again.
"""
