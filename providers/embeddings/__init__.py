"""What turns texts into vectors: a small model that is built in, and those of vendors.

Nothing here, nor numpy, is imported before somebody needs a vector: a process that never does stays as small as it was.
"""
