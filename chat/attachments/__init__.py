"""What people attach to messages: told apart by its content, read in a process of its own, kept, and given to models.

`child.py` and what it imports (`faults`, `formats`, `images`, `texts`, `pdf`, `docx`) run in that process, without
Django and without the environment's keys.
"""
