"""An oncall server as a command line sees it: asked over HTTP, and not trusted to answer."""
