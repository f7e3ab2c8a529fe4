"""Pages for people: HTML without scripts, light, for any screen. The only door to jinja2 is `rendering`."""
