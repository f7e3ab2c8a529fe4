"""Answers as text for machines: the same bytes in a pipe and over HTTP."""
