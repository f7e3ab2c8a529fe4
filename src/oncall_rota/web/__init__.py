"""HTTP: hooks, questions, feeds, acknowledgement. The only door to starlette and uvicorn."""
