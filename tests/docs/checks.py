"""What is checked of a Markdown file. Each function takes a file and returns what is wrong, as ``file:line: what``."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import click

FENCE = re.compile(r"^(\s*)(`{3,})\s*([\w-]*)\s*$")
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
CODE_SPAN = re.compile(r"`[^`]*`")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
RUN = "<!-- run -->"


@dataclass(frozen=True)
class Block:
    """A fenced block: the line of its first code line, its language, its text, and whether it is marked to be run."""

    line: int
    language: str
    text: str
    run: bool


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a file."""
    return [part for part in _parts(path) if isinstance(part, Block)]


def _parts(path: Path) -> Iterator[Block | tuple[int, str]]:
    """The file as fenced blocks and, between them, numbered lines of prose."""
    fence, language, start, marked = "", "", 0, False
    code: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = FENCE.match(line)
        if fence:
            if found and not found[3] and len(found[2]) >= len(fence):
                yield Block(start + 1, language, "\n".join(code) + "\n", marked)
                fence, marked, code = "", False, []
            else:
                code.append(line)
        elif found:
            fence, language, start = found[2], found[3], number
        else:
            if line.strip():
                marked = line.strip() == RUN
            yield number, line
    if fence:
        raise ValueError(f"{path.name}:{start}: a block of code is never closed")


def _prose(path: Path) -> list[tuple[int, str]]:
    return [part for part in _parts(path) if not isinstance(part, Block)]


def anchors(path: Path) -> set[str]:
    """The names that a link to a heading of this file may use."""
    found: set[str] = set()
    for _, line in _prose(path):
        if heading := HEADING.match(line):
            name = re.sub(r"[^\w\- ]", "", heading[1].lower()).replace(" ", "-")
            taken = sum(1 for other in found if re.fullmatch(re.escape(name) + r"(-\d+)?", other))
            found.add(f"{name}-{taken}" if taken else name)
    return found


def broken_links(path: Path) -> list[str]:
    """Relative links, images too, that lead to no file or to no heading in it."""
    found = []
    for number, line in _prose(path):
        for target in LINK.findall(CODE_SPAN.sub("", line)):
            if re.match(r"[a-z][a-z0-9+.-]*:|//", target):
                continue
            name, _, anchor = unquote(target).partition("#")
            file = path.parent / name if name else path
            if not file.exists():
                found.append(f"{path.name}:{number}: {target} leads to no file")
            elif anchor and file.suffix == ".md" and anchor not in anchors(file):
                found.append(f"{path.name}:{number}: {target} leads to no heading")
    return found


def bad_python(path: Path) -> list[str]:
    """Python blocks that do not parse."""
    found = []
    for block in blocks(path):
        if block.language == "python":
            try:
                ast.parse(block.text)
            except SyntaxError as error:
                found.append(f"{path.name}:{block.line + (error.lineno or 1) - 1}: {error.msg}")
    return found


def bad_toml(path: Path) -> list[str]:
    """TOML blocks that do not parse."""
    found = []
    for block in blocks(path):
        if block.language == "toml":
            try:
                tomllib.loads(block.text)
            except tomllib.TOMLDecodeError as error:
                found.append(f"{path.name}:{block.line}: {error}")
    return found


def unknown_commands(path: Path, command: click.Command) -> list[str]:
    """Calls of ``nps-plugin`` in console blocks that name a subcommand or an option which does not exist."""
    found = []
    for block in blocks(path):
        if block.language in {"console", "sh", "bash", "shell"}:
            for offset, line in enumerate(block.text.splitlines()):
                # a line that continues another's quotes cannot be read on its own
                for words in _calls(line) if "nps-plugin" in line else ():
                    wrong = _unknown(words, command)
                    if wrong:
                        found.append(f"{path.name}:{block.line + offset}: nps-plugin has no {wrong}")
    return found


def _calls(line: str) -> Iterator[list[str]]:
    """What follows ``nps-plugin`` in each command of a line."""
    lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] | None = None
    for word in lexer:
        if set(word) <= set("();<>|&"):
            if words is not None:
                yield words
            words = None
        elif words is not None:
            words.append(word)
        elif word == "nps-plugin" or word.endswith("/nps-plugin"):
            words = []
    if words is not None:
        yield words


def _unknown(words: list[str], command: click.Command) -> str:
    context = click.Context(command, info_name="nps-plugin")
    rest = iter(words)
    for word in rest:
        if word.startswith("-") and word != "-":
            name = word.partition("=")[0]
            option = next((p for p in command.get_params(context) if name in (*p.opts, *p.secondary_opts)), None)
            if option is None:
                return f"option {name} in {context.command_path}"
            if "=" not in word and isinstance(option, click.Option) and not option.is_flag and not option.count:
                next(rest, None)
        elif isinstance(command, click.Group):
            inner = command.get_command(context, word)
            if inner is None:
                return f"command {word!r} in {context.command_path}"
            command, context = inner, click.Context(inner, info_name=word, parent=context)
    return ""
