"""Conversations read from the files of this and of other products. Nothing here touches the database."""
