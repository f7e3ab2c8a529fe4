"""Instants, wall clocks and intervals: the standard library only, no files and no clock of its own."""
