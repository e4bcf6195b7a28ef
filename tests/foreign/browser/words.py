"""The words of the pages, from the catalogues that the program itself has: a test names a text, it does not repeat it."""

import os
import re
import tomllib

CATALOGUES = os.path.join(os.path.dirname(__file__), "..", "..", "..", "crates", "web", "texts")


class Words:
    """The words of one language."""

    def __init__(self, language):
        self.language = language
        self.loaded = {}

    def __call__(self, key, **values):
        """The text under `AREA.KEY…`, filled in; `AREA` is `public` for the catalogue of the public pages. A text with
        a plural takes its form from `count`."""
        area, *keys = key.split(".")
        text = self._of(area)
        for one in keys:
            text = text[int(one) if isinstance(text, list) else one]
        if isinstance(text, dict):
            text = text.get("one", text["other"]) if values.get("count") == 1 else text["other"]
        return re.sub(r"\{(\w+)\}", lambda found: str(values.get(found[1], found[0])), text)

    def _of(self, area):
        if area not in self.loaded:
            name = f"{self.language}.toml" if area == "public" else os.path.join(self.language, f"{area}.toml")
            with open(os.path.join(CATALOGUES, name), "rb") as file:
                self.loaded[area] = tomllib.load(file)
        return self.loaded[area]
