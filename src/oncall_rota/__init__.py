"""Who is on call, from YAML files in git. Imports nothing, so that `oncall who` starts at once."""

__version__ = "0.1.0"
