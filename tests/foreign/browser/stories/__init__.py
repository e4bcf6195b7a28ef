"""The stories, by who lives them. Each is told to a `Play` of `story.py`."""
