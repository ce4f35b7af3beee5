"""Settings of the server: one list makes flags, variables and keys of the file; what cannot be meant is refused by name."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistandards.configuration import Setting, configure, known
from aistandards.errors import AistandardsError, SourceError, UsageError
from aistandards.settings import ServerSettings
from conftest import environment, run_cli


def settings(
    *flags: str, env: dict[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aistandards", "settings", "--lang", "en", *flags]
    bare = {k: v for k, v in environment().items() if not k.startswith("AISTANDARDS_")}
    return subprocess.run(command, capture_output=True, text=True, env={**bare, **(env or {})}, cwd=cwd, check=False)


def items(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, object]]:
    assert done.returncode == 0, done.stderr
    return {item["setting"]: item for item in json.loads(done.stdout)["items"]}


def test_every_setting_says_what_it_means_in_both_languages() -> None:
    assert list(known()) == [field.name for field in dataclasses.fields(ServerSettings)]
    for one in known().values():
        assert one.about.en and one.about.zh, one.name
        assert any("一" <= ch <= "鿿" for ch in one.about.zh), one.name
        bounded = one.about.low is not None and one.about.high is not None
        assert bounded or one.kind not in (int, float), f"{one.name} has no bounds"


def test_flag_before_environment_before_file_before_default(tmp_path: Path) -> None:
    file = tmp_path / "aistandards.toml"
    file.write_text('port = 8001\nhost = "::1"\nquery_rows = 7\nallowed_hosts = ["a.example", "*.b.example"]\n')
    env = {"AISTANDARDS_PORT": "8002", "AISTANDARDS_HOST": "127.0.0.2"}
    found = items(settings("--port", "8003", "--format", "json", env=env, cwd=tmp_path))
    assert (found["port"]["value"], found["port"]["source"]) == (8003, "flag")
    assert (found["host"]["value"], found["host"]["source"]) == ("127.0.0.2", "environment")
    assert (found["query_rows"]["value"], found["query_rows"]["source"]) == (7, "file")
    assert found["allowed_hosts"]["value"] == ["a.example", "*.b.example"]
    assert (found["workers"]["value"], found["workers"]["source"]) == (1, "default")


def test_the_file_is_named_by_flag_or_variable_and_its_paths_start_at_it(tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "one.toml").write_text('store = "kept"\n')
    (folder / "two.toml").write_text("port = 9\n")
    by_variable = items(settings("--format", "json", env={"AISTANDARDS_CONFIG": str(folder / "one.toml")}))
    assert by_variable["store"]["value"] == str(folder / "kept")
    both = settings(
        "--config", str(folder / "two.toml"), "--format", "json", env={"AISTANDARDS_CONFIG": str(folder / "one.toml")}
    )
    assert items(both)["port"]["value"] == 9
    assert items(both)["store"]["source"] == "default"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("prot = 1", "did you mean port"),
        ("port = 70000", "0 to 65535"),
        ('port = "8000"x', "not a TOML file"),
        ("port = true", "0 to 65535"),
        ('workers = "10"', "= '10' has the wrong type: write a whole number, without quotes. Allowed: 1 to 64"),
        ("workers = 2.0", "a whole number"),
        ("workers = [2]", "a whole number"),
        ('query_seconds = "3"', "a number, without quotes"),
        ("rate = 10", "a text in quotes"),
        ("store = 1", "a text in quotes"),
        ('allowed_hosts = "a.example, b.example"', 'a list of texts, like ["a", "b"]'),
        ("log_levl = 1", "did you mean log_level"),
        ("workers = { many = 2 }", "a whole number"),
        ("metrics_key = 12345", "= *** has the wrong type"),
        ("query_seconds = nan", "0.01 to 86400 s"),
        ("host = 5", "any text"),
        ('log_format = "xml"', "text or json"),
        ('rate = "ten"', "10/s"),
        ('root_path = "ai/"', "like /ai"),
        ("allowed_hosts = [1]", "separated by commas"),
        ('trusted_proxies = ["10.0.0.0/33"]', "10.0.0.0/8"),
    ],
)
def test_a_wrong_file_is_told_with_its_key_and_what_is_allowed(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(content)
    with pytest.raises((UsageError, SourceError)) as raised:
        configure({}, file, {})
    assert raised.value.exit_code == 2
    assert str(file) in raised.value.en and str(file) in raised.value.zh
    assert said in raised.value.en
    assert isinstance(raised.value, SourceError) or content.partition(" ")[0] in raised.value.en


def test_a_file_that_is_not_there_is_told() -> None:
    done = settings("--config", "nowhere.toml")
    assert done.returncode == 2 and "nowhere.toml" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("flags", "env", "said"),
    [
        (("--query-seconds", "0"), {}, "--query-seconds = “0”"),
        (("--port", "x"), {}, "0 to 65535"),
        (("--workers", "0"), {}, "1 to 64"),
        ((), {"AISTANDARDS_PROT": "1"}, "did you mean AISTANDARDS_PORT"),
        ((), {"AISTANDARDS_BURST": "-1"}, "AISTANDARDS_BURST = “-1”"),
    ],
)
def test_wrong_flags_and_variables_end_with_2(flags: tuple[str, ...], env: dict[str, str], said: str) -> None:
    done = settings(*flags, env=env)
    assert done.returncode == 2
    assert said in done.stderr and "Traceback" not in done.stderr


def test_a_secret_has_no_flag_and_is_never_printed(tmp_path: Path) -> None:
    env = {"AISTANDARDS_METRICS_KEY": "s3cr3t-of-mine"}
    for form in ("text", "json", "csv"):
        done = settings("--format", form, env=env)
        assert done.returncode == 0 and "s3cr3t" not in done.stdout + done.stderr and "***" in done.stdout
    assert settings("--metrics-key", "x").returncode == 2
    assert items(settings("--format", "json"))["metrics_key"]["value"] == ""


def test_text_and_csv_have_a_line_a_setting(tmp_path: Path) -> None:
    assert len(settings("--format", "csv").stdout.splitlines()) == len(known()) + 1
    outcome = run_cli("settings", "--lang", "zh", cwd=tmp_path)
    assert outcome.code == 0
    for one in known().values():
        assert f"\n{one.name} " in outcome.stdout and one.about.zh in outcome.stdout


@given(st.sampled_from(sorted(known())), st.text(max_size=30))
def test_any_text_is_read_or_refused_with_what_is_allowed(name: str, text: str) -> None:
    one: Setting = known()[name]
    try:
        value = one.read(text, one.flag)
    except AistandardsError as error:
        assert one.allowed("en")[:40] in error.en and one.allowed("zh")[:20] in error.zh
    else:
        assert one.read(value if not isinstance(value, tuple) else list(value), one.flag) == value
        if one.about.low is not None and one.about.high is not None:
            assert one.about.low <= value <= one.about.high


def test_no_setting_is_read_from_the_environment_by_chance() -> None:
    assert configure({}, None, {"PORT": "1", "AISTANDARDS_PORT": ""}).settings.port == ServerSettings().port
    assert os.environ.get("AISTANDARDS_PORT") is None
