"""Reads a page as a browser's parser would: elements, attributes and the words between them."""

from __future__ import annotations

from html.parser import HTMLParser


class Page(HTMLParser):
    """A parsed page: every element with its attributes, and the text a person sees."""

    def __init__(self, html: str) -> None:
        """Parse the whole page."""
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._words: list[str] = []
        self._is_hidden = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._is_hidden = tag in {"style", "script"}

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a style sheet or script; a row's cells are kept apart."""
        self._is_hidden = self._is_hidden and tag not in {"style", "script"}
        self._words.append(" ")

    def handle_data(self, data: str) -> None:
        """Keep text that is shown."""
        if not self._is_hidden:
            self._words.append(data)

    @property
    def text(self) -> str:
        """Everything shown, with single spaces."""
        return " ".join("".join(self._words).split())

    def tags(self) -> set[str]:
        """Return the names of all elements."""
        return {tag for tag, _ in self.elements}

    def values(self, attribute: str) -> list[str]:
        """Return every value of an attribute, in the order of the page."""
        return [attrs[attribute] for _, attrs in self.elements if attribute in attrs]
