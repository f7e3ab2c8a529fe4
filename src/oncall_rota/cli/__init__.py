"""The command line: one file a command; parse, call, render. The only door to typer and rich."""
