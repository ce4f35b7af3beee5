"""Settings of the server from their sources: flags before environment before file before defaults, each one checked."""

from __future__ import annotations

import dataclasses
import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, get_type_hints

from aistandards.errors import SourceError, UsageError
from aistandards.findings import nearest
from aistandards.settings import ABOUT, CACHE, REMOTE_PASSWORD, REMOTE_USER, About, Place, ServerSettings, place_of

PREFIX: Final = "AISTANDARDS_"
FILE_VARIABLE: Final = "AISTANDARDS_CONFIG"
FILE_NAME: Final = "aistandards.toml"
OTHER_VARIABLES: Final = (  # read elsewhere, so no mistyped setting
    FILE_VARIABLE,
    "AISTANDARDS_CHROMIUM",
    REMOTE_USER,
    REMOTE_PASSWORD,
    CACHE,
)
YES: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
TOML: Final[Mapping[Any, tuple[Any, str, str]]] = {  # what a setting of a type is in a file; all others are texts
    bool: (bool, "true or false, without quotes", "不加引号的 true 或 false"),
    int: (int, "a whole number, without quotes", "不加引号的整数"),
    float: (int | float, "a number, without quotes", "不加引号的数"),
    tuple[str, ...]: (list, 'a list of texts, like ["a", "b"]', '文本列表，如 ["a", "b"]'),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name as a key, the type of its values, its default and what is said of it."""

    name: str
    kind: Any
    default: Any
    about: About

    @property
    def flag(self) -> str:
        """The name as a flag."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The name as an environment variable."""
        return PREFIX + self.name.upper()

    def allowed(self, language: str = "en") -> str:
        """Return which values are allowed, for people."""
        about, zh = self.about, language == "zh"
        if any(about.written):
            return about.written[zh]
        if about.choices:
            return (" 或 " if zh else " or ").join(about.choices)
        if about.low is not None and about.high is not None:
            return f"{about.low:.16g} {'至' if zh else 'to'} {about.high:.16g}{' ' + about.unit if about.unit else ''}"
        words = {
            bool: ("true or false", "true 或 false"),
            Path: ("a path", "路径"),
            Place: ("a folder, or the address of a SPARQL server", "文件夹，或 SPARQL 服务器的地址"),
            Path | None: ("a path", "路径"),
            tuple[str, ...]: ("texts separated by commas", "以逗号分隔的文字"),
        }
        return words.get(self.kind, ("any text", "任意文字"))[zh]

    def shown(self, value: Any) -> Any:
        """Return a value as it is printed: a secret only as given or not."""
        if self.about.secret:
            return "***" if value else ""
        return str(value) if isinstance(value, Path) else list(value) if isinstance(value, tuple) else value

    def read(self, given: Any, where: str, folder: Path | None = None) -> Any:
        """Return a value of the setting's type; raises UsageError that names ``where`` and the allowed values.

        A text, as flags and variables are, is read by the type; a relative path in a file starts at its ``folder``.
        """
        value = self._typed(given)
        if value is None or not self._fits(value):
            shown = "***" if self.about.secret else str(given)
            raise UsageError(
                f"{where} = “{shown}” is not possible. Allowed: {self.allowed('en')}.",
                f"{where} = “{shown}” 不可用。允许：{self.allowed('zh')}。",
            )
        return folder / value if folder is not None and isinstance(value, Path) else value

    def read_toml(self, given: Any, where: str, folder: Path) -> Any:
        """Return a value of a TOML file; raises UsageError for another type than the setting's: “10” is no number there."""
        kind, en, zh = TOML.get(self.kind, (str, "a text in quotes", "加引号的文本"))
        if not isinstance(given, kind) or (isinstance(given, bool) and self.kind is not bool):
            shown = "***" if self.about.secret else f"{given!r}"
            raise UsageError(
                f"{where} = {shown} has the wrong type: write {en}. Allowed: {self.allowed('en')}.",
                f"{where} = {shown} 类型有误：请写{zh}。允许：{self.allowed('zh')}。",
            )
        return self.read(given, where, folder)

    def _typed(self, given: Any) -> Any:
        """Return a value in the setting's type, or None where it is none."""
        if self.kind is bool:
            return given if isinstance(given, bool) else YES.get(str(given).strip().lower())
        if self.kind == tuple[str, ...]:
            pieces = given.split(",") if isinstance(given, str) else given
            if not isinstance(pieces, list) or not all(isinstance(piece, str) for piece in pieces):
                return None
            return tuple(piece.strip() for piece in pieces if piece.strip())
        if self.kind in (int, float):
            return _number(given, self.kind)
        if not isinstance(given, str | Path) or "\0" in str(given):
            return None
        if self.kind is str or not str(given):
            return given if self.kind is str else None
        return place_of(str(given)) if self.kind == Place else Path(given)

    def _fits(self, value: Any) -> bool:
        about = self.about
        if about.low is not None and about.high is not None:
            return bool(about.low <= value <= about.high)
        texts = value if isinstance(value, tuple) else (value,)
        return (
            (not about.choices or all(text in about.choices for text in texts))
            and (not about.pattern or all(re.fullmatch(about.pattern, text) for text in texts))
            and (about.check is None or all(map(about.check, texts)))
        )


def _number(given: Any, kind: type) -> Any:
    """Return a finite number of a kind, or None; in a file a truth value or a text is no number."""
    if isinstance(given, bool):
        return None
    try:
        number = kind(given) if isinstance(given, str) else given
    except ValueError:
        return None
    if kind is float and isinstance(number, int):
        number = float(number)
    return number if isinstance(number, int | float) and isinstance(number, kind) and math.isfinite(number) else None


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings in effect and, by name, where each came from; ``file`` is the settings file that was read."""

    settings: ServerSettings
    sources: Mapping[str, str]
    file: Path | None

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield a row a setting: value, source, meaning, allowed values, and the names by which it is set."""
        for one in known().values():
            yield {
                "setting": one.name,
                "value": one.shown(getattr(self.settings, one.name)),
                "default": one.shown(one.default),
                "source": self.sources[one.name],
                "unit": one.about.unit,
                "allowed": one.allowed("en"),
                "allowed_zh": one.allowed("zh"),
                "means_en": one.about.en,
                "means_zh": one.about.zh,
                "flag": None if one.about.secret else one.flag,
                "variable": one.variable,
            }


@cache
def known() -> Mapping[str, Setting]:
    """Return every setting by name, in the order of ``ServerSettings``."""
    kinds = get_type_hints(ServerSettings)
    found = {}
    for one in dataclasses.fields(ServerSettings):
        default = one.default if one.default is not dataclasses.MISSING else None
        if one.default_factory is not dataclasses.MISSING:
            default = one.default_factory()
        found[one.name] = Setting(one.name, kinds[one.name], default, one.metadata.get(ABOUT, About("", "")))
    return found


def configure(
    flags: Mapping[str, str], config: Path | None = None, environ: Mapping[str, str] | None = None
) -> Configuration:
    """Return the settings in effect; raises UsageError or SourceError for what cannot be meant.

    ``flags`` are the texts given on the command line, by name of the setting; ``config`` is the file named there.
    """
    environ = os.environ if environ is None else environ
    file = _file(config, environ)
    values: dict[str, Any] = {}
    sources = dict.fromkeys(known(), "default")
    for source, given in (
        ("file", _of_file(file)),
        ("environment", _of_environment(environ)),
        ("flag", _of_flags(flags)),
    ):
        values |= given
        sources |= dict.fromkeys(given, source)
    return Configuration(ServerSettings(**values), sources, file)


def _file(config: Path | None, environ: Mapping[str, str]) -> Path | None:
    if config is not None:
        return config
    if named := environ.get(FILE_VARIABLE):
        return Path(named)
    return Path(FILE_NAME) if Path(FILE_NAME).is_file() else None


def _of_file(file: Path | None) -> dict[str, Any]:
    """Return the settings of a TOML file."""
    import tomllib

    if file is None:
        return {}
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SourceError(
            f"{file}: the settings cannot be read ({error.strerror}). Check the path.",
            f"{file}：无法读取设置（{error.strerror}）。请检查路径。",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{file}: not a TOML file ({error}). Write lines like port = 8000.",
            f"{file}：不是 TOML 文件（{error}）。请写成 port = 8000 这样的行。",
        ) from None
    for name in content:
        if name not in known():
            raise _unknown(f"{file}: {name}", name, list(known()))
    return {name: known()[name].read_toml(given, f"{file}: {name}", file.parent) for name, given in content.items()}


def _of_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings of the environment; an empty variable counts as not set."""
    variables = {one.variable: one for one in known().values()}
    found = {}
    for name in sorted(environ):
        if name in variables and environ[name]:
            found[variables[name].name] = variables[name].read(environ[name], name)
        elif name.startswith(PREFIX) and name not in variables and name not in OTHER_VARIABLES:
            raise _unknown(name, name, [*variables, FILE_VARIABLE])
    return found


def _of_flags(flags: Mapping[str, str]) -> dict[str, Any]:
    return {name: known()[name].read(text, known()[name].flag) for name, text in flags.items()}


def _unknown(where: str, name: str, names: list[str]) -> UsageError:
    near = nearest(name, names)
    return UsageError(
        f"{where}: no such setting{f', did you mean {near}' if near else ''}? `aistandards settings` lists them.",
        f"{where}：没有此设置{f'，是否指 {near}' if near else ''}？`aistandards settings` 列出全部设置。",
    )
