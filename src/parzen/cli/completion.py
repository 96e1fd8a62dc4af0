"""``parzen completion bash|zsh|fish``: a script that completes commands, options and their values."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence

from parzen.cli.main import COMMANDS, parser_of
from parzen.cli.parser import Parser

SHELLS = ("bash", "zsh", "fish")
_WORDS = {"plot": "parzen.cli.plot", "import": "parzen.cli.import_"}  # their KINDS are arguments


def add_arguments(parser: Parser) -> None:
    """Its options.

    Args:
        parser: Of the command.
    """
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=f"one of {', '.join(SHELLS)}")


def run(options: argparse.Namespace) -> int:
    """Print the script; the exit code.

    Args:
        options: What was parsed.
    """
    print({"bash": _bash, "zsh": _zsh, "fish": _fish}[options.shell](), end="")
    return 0


def _options(word: str) -> list[tuple[Sequence[str], Sequence[str], bool, str]]:
    """Of a command's options: their names, the values they take, whether they take one, what they do."""
    return [
        (action.option_strings, list(map(str, action.choices or ())), action.nargs != 0, action.help or "")
        for action in parser_of(word)._actions
        if action.option_strings
    ]


def _arguments(word: str) -> list[str]:
    """Words that a command takes as arguments, beside files."""
    from importlib import import_module

    if word in _WORDS:
        return list(import_module(_WORDS[word]).KINDS)
    if word == "explain":
        from parzen.cli.explain import sections

        return list(sections())
    return [
        str(choice)
        for action in parser_of(word)._actions
        if not action.option_strings
        for choice in action.choices or ()
    ]


def _values() -> list[tuple[str, str, list[str]]]:
    """Command, option and the values that it takes."""
    found = []
    for word in COMMANDS:
        for names, choices, takes, _ in _options(word):
            if choices and takes:
                found += [(word, name, list(choices)) for name in names]
    return found


def _bash() -> str:
    cases = []
    for word in COMMANDS:
        names = " ".join(name for each in _options(word) for name in each[0])
        cases.append(f'    {word}) options="{names}" words="{" ".join(_arguments(word))}" ;;')
    values = [
        f'    "{word} {name}") COMPREPLY=($(compgen -W "{" ".join(choices)}" -- "$word")); return ;;'
        for word, name, choices in _values()
    ]
    return "\n".join(
        [
            "# bash completion for parzen; to use it: source <(parzen completion bash)",
            "_parzen() {",
            '  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"',
            '  local command="${COMP_WORDS[1]}" options="" words=""',
            "  COMPREPLY=()",
            "  if [ $COMP_CWORD -eq 1 ]; then",
            f'    COMPREPLY=($(compgen -W "{" ".join(COMMANDS)} --help --version" -- "$word"))',
            "    return",
            "  fi",
            '  case "$command $before" in',
            *values,
            "  esac",
            '  case "$command" in',
            *cases,
            "  esac",
            '  if [[ "$word" == -* ]]; then',
            '    COMPREPLY=($(compgen -W "$options" -- "$word"))',
            "  else",
            '    COMPREPLY=($(compgen -W "$words" -- "$word") $(compgen -f -- "$word"))',
            "  fi",
            "}",
            "complete -o filenames -F _parzen parzen",
            "",
        ]
    )


def _zsh() -> str:
    commands = [f"    {shlex.quote(f'{word}:{text}')}" for word, (_, _, text) in COMMANDS.items()]
    cases = []
    for word in COMMANDS:
        specs = []
        for names, choices, takes, text in _options(word):
            shown = text.replace("[", "(").replace("]", ")").replace(":", " ")
            value = f":value:({' '.join(choices)})" if choices and takes else ":value:_files" if takes else ""
            specs += [shlex.quote(f"{name}[{shown}]{value}") for name in names]
        words = _arguments(word)
        rest = (
            f"*:word:({' '.join(words)})" if words and word in ("explain", "completion") else "*:file:_files"
        )
        if word in _WORDS:
            rest = f"*:word:{{_values kind {' '.join(words)}; _files}}"
        cases.append(f"    {word}) _arguments {' '.join([*specs, shlex.quote(rest)])} ;;")
    return "\n".join(
        [
            "#compdef parzen",
            "# zsh completion for parzen; to use it: source <(parzen completion zsh)",
            "_parzen() {",
            "  local -a commands",
            "  commands=(",
            *commands,
            "  )",
            "  if (( CURRENT == 2 )); then",
            "    _describe command commands",
            "    return",
            "  fi",
            "  local command=$words[2]",
            "  shift words; (( CURRENT-- ))",
            '  case "$command" in',
            *cases,
            "  esac",
            "}",
            "compdef _parzen parzen",
            "",
        ]
    )


def _fish() -> str:
    lines = [
        "# fish completion for parzen; to use it: parzen completion fish | source",
        "complete -c parzen -n __fish_use_subcommand -f",
    ]
    for word, (_, _, text) in COMMANDS.items():
        lines.append(f"complete -c parzen -n __fish_use_subcommand -f -a {word} -d {_quoted(text)}")
    for word in COMMANDS:
        when = f"-n '__fish_seen_subcommand_from {word}'"
        for names, choices, takes, text in _options(word):
            flags = " ".join(
                f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in names
            )
            value = f" -x -a {_quoted(' '.join(choices))}" if choices and takes else " -r" if takes else ""
            lines.append(f"complete -c parzen {when} {flags}{value} -d {_quoted(text)}")
        words = _arguments(word)
        if words:
            lines.append(f"complete -c parzen {when} -a {_quoted(' '.join(words))}")
    return "\n".join([*lines, ""])


def _quoted(text: str) -> str:
    """Text in single quotes as fish reads them."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
