"""Parsers of a command that has kinds: each kind is a sub-parser with its own options."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from itertools import takewhile
import sys
from types import MappingProxyType
from typing import Any


class KindParser(argparse.ArgumentParser):
    """Parser of one kind of a command.

    An option that only other kinds have is refused in one line that names these kinds.

    Attributes:
        siblings: Parsers of all kinds of the command by the name of the kind.
    """

    siblings: Mapping[str, KindParser] = MappingProxyType({})

    def parse_known_args(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        namespace: Any = None,  # noqa: ANN401
    ) -> tuple[Any, list[str]]:
        """Parse words as `ArgumentParser` does.

        Raises:
            ValueError: An option or a word is for other kinds only.
        """
        words = _words(args)
        for word in takewhile(lambda word: word != '--', words):
            if word.startswith('--'):
                self._require_own(word.partition('=')[0])
        parsed, unknown = super().parse_known_args(words, namespace)
        if unknown:
            self._refuse(unknown)
        return parsed, unknown

    def options_of(self, word: str) -> list[str]:
        """Return the option that a word names, else the options that begin with it."""
        options = self._option_string_actions
        return [word] if word in options else [name for name in options if name.startswith(word)]

    def positionals(self) -> list[str]:
        """Return the names of the positional arguments."""
        return [action.dest for action in self._get_positional_actions()]

    def takes_value(self, word: str) -> bool:
        """Return whether a word is an option that needs a value after it."""
        actions = (self._option_string_actions[name] for name in self.options_of(word))
        return word.startswith('-') and any(action.nargs != 0 for action in actions)

    def _require_own(self, word: str) -> None:
        """Raise ValueError if only other kinds have an option, which may be abbreviated."""
        exact = [name for name, kind in self.siblings.items() if word in kind.options_of(word)]
        own = self.options_of(word)
        if word in own or (own and not exact):
            return
        named = {name: kind.options_of(word) for name, kind in self.siblings.items()}
        kinds = exact or [name for name, options in named.items() if options]
        if kinds:
            raise ValueError(self._refusal(named[kinds[0]][0], kinds))

    def _refuse(self, unknown: Sequence[str]) -> None:
        """Raise ValueError if the first word is for other kinds; else end with status 2."""
        count = len(self.positionals())
        kinds = [name for name, kind in self.siblings.items() if len(kind.positionals()) > count]
        if kinds and not unknown[0].startswith('-'):
            raise ValueError(self._refusal(self.siblings[kinds[0]].positionals()[count], kinds))
        self.error(f'unrecognized arguments: {" ".join(unknown)}')

    def _refusal(self, option: str, kinds: Sequence[str]) -> str:
        own = next((name for name, kind in self.siblings.items() if kind is self), self.prog)
        return f'{option} is for {" or ".join(kinds)}, not for {own}'


class CommandParser(argparse.ArgumentParser):
    """Parser of a command; the name of a kind may also follow options of the kind.

    Attributes:
        kinds: Parsers of the kinds of the command by name; empty where it has none.
        kind_option: Option that also names the kind, such as --planner; empty where there is none.
    """

    kinds: Mapping[str, KindParser] = MappingProxyType({})
    kind_option = ''

    def parse_known_args(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        namespace: Any = None,  # noqa: ANN401
    ) -> tuple[Any, list[str]]:
        """Parse words as `ArgumentParser` does, the name of a kind first."""
        words = _words(args)
        if self.kind_option:
            words = self._without_option(words)
        return super().parse_known_args(self._kind_first(words), namespace)

    def _without_option(self, words: list[str]) -> list[str]:
        """Return the words with the value of the option `kind_option` in front."""
        option = argparse.ArgumentParser(prog=self.prog, add_help=False)
        option.add_argument(self.kind_option, dest='kind')
        found, rest = option.parse_known_args(words)
        return words if found.kind is None else [found.kind, *rest]

    def _kind_first(self, words: list[str]) -> list[str]:
        """Return the words with the name of the kind in front, where options are before it."""
        if not words or not words[0].startswith('-'):
            return words
        for before, (number, word) in zip(words, enumerate(words[1:], 1), strict=False):
            taken = any(kind.takes_value(before) for kind in self.kinds.values())
            if word in self.kinds and not taken:
                return [word, *words[:number], *words[number + 1 :]]
        return words


def _words(args: Sequence[str] | None) -> list[str]:
    return list(sys.argv[1:] if args is None else args)
