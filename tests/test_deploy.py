"""The files for running the service elsewhere say what the service understands, and what their own tools accept."""

from __future__ import annotations

import ast
import configparser
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aistandards.configuration import configure, known
from aistandards.settings import ServerSettings

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
STEPS = ("FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "CMD")


def instructions() -> list[tuple[str, str]]:
    """The instructions of the container file, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Containerfile").read_text(encoding="utf-8"))
    found = [line.partition(" ") for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(name, rest.strip()) for name, _, rest in found]


def test_the_container_runs_as_nobody_special_with_settings_that_exist() -> None:
    steps = instructions()
    names = [name for name, _ in steps]
    assert set(names) <= {*STEPS}
    assert all(re.fullmatch(r"[a-z]+:[\w.-]+( AS \w+)?", rest) for name, rest in steps if name == "FROM")
    assert next(rest for name, rest in steps if name == "USER") == "10001"
    assert names.index("USER") < names.index("CMD")
    given = dict(pair.split("=", 1) for pair in shlex.split(next(rest for name, rest in steps if name == "ENV")))
    settings = configure({}, None, {k: v for k, v in given.items() if k.startswith("AISTANDARDS_")}).settings
    assert settings.host == "0.0.0.0"
    volume = next(rest for name, rest in steps if name == "VOLUME")
    assert Path(settings.store).is_relative_to(volume)
    assert next(rest for name, rest in steps if name == "EXPOSE") == str(settings.port)


def test_the_health_check_of_the_container_is_python_that_asks_the_service() -> None:
    check = next(rest for name, rest in instructions() if name == "HEALTHCHECK")
    command = ast.literal_eval(check.partition("CMD ")[2])
    assert command[:2] == ["python", "-c"] and f":{ServerSettings().port}/healthz" in command[2]
    ast.parse(command[2])
    done = subprocess.run([sys.executable, "-c", command[2].replace(":8000", ":1")], capture_output=True, check=False)
    assert done.returncode == 1  # nothing answers there


def test_the_settings_of_the_example_are_all_known() -> None:
    settings = configure({}, DEPLOY / "aistandards.toml", {}).settings
    assert settings.root_path == "/ai" and settings.workers == 2 and settings.trusted_proxies


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(DEPLOY / "aistandards.service", encoding="utf-8")
    return parser


def test_the_unit_is_hardened_and_starts_the_service() -> None:
    service = unit()["Service"]
    assert service["DynamicUser"] == "yes" and service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes" and service["CapabilityBoundingSet"] == ""
    assert "AF_UNIX" in service["RestrictAddressFamilies"] and service["MemoryMax"]
    command = shlex.split(service["ExecStart"])
    assert command[1] == "serve" and Path(command[-1]).name == "aistandards.toml"
    store = configure({}, DEPLOY / "aistandards.toml", {}).settings.store
    assert Path(store).is_relative_to(Path("/var/lib") / service["StateDirectory"])
    stop = configure({}, DEPLOY / "aistandards.toml", {}).settings.stop_seconds
    assert int(service["TimeoutStopSec"]) > stop + 5


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    text = (DEPLOY / "aistandards.service").read_text(encoding="utf-8")
    copy = tmp_path / "aistandards.service"
    copy.write_text(text.replace("/opt/aistandards/bin/aistandards", sys.executable), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "aistandards.service" in line]
    assert not said, done.stderr
    wrong = tmp_path / "wrong.service"
    wrong.write_text(copy.read_text().replace("ProtectSystem=strict", "ProtectSystem=perhaps"), encoding="utf-8")
    again = subprocess.run(["systemd-analyze", "verify", str(wrong)], capture_output=True, text=True, check=False)
    assert "wrong.service" in again.stderr and "perhaps" in again.stderr


def directives(path: Path) -> list[str]:
    """The directives of a proxy's file without comments; braces must match."""
    text = re.sub(r"#.*", "", path.read_text(encoding="utf-8"))
    depth = 0
    for character in re.sub(r"\{\w+\}", "", text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
    return [line.strip() for line in text.splitlines() if line.strip()]


def test_the_proxies_show_the_prefix_and_pass_it_on() -> None:
    settings = configure({}, DEPLOY / "aistandards.toml", {}).settings
    nginx, caddy = directives(DEPLOY / "nginx.conf"), directives(DEPLOY / "Caddyfile")
    assert all(line.endswith((";", "{", "}")) for line in nginx)
    assert f"location {settings.root_path}/ {{" in nginx
    assert "proxy_pass http://aistandards;" in nginx  # without a path: the prefix stays on
    assert f"server {settings.host}:{settings.port};" in nginx
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in nginx
    assert any(
        line.startswith(f"reverse_proxy {settings.root_path}/* {settings.host}:{settings.port}") for line in caddy
    )
    most = next(line for line in nginx if line.startswith("client_max_body_size")).split()[1]
    assert int(most.rstrip("m;")) << 20 == settings.body_bytes
    for name in settings.allowed_hosts:
        assert f"server_name {name};" in nginx and f"{name} {{" in caddy


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not here")
def test_nginx_accepts_its_file(tmp_path: Path) -> None:
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    text = re.sub(r"\s*ssl_certificate.*", "", text).replace("443 ssl", "8443")
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid; events {{}} http {{ {text} }}", encoding="utf-8")
    done = subprocess.run(
        ["nginx", "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_documentation_has_the_settings_of_today() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    done = runpy.run_path(str(ROOT / "tools" / "settings_page.py"))
    assert done["page"](text) == text, "run `make docs`"
    assert all(f"\n| `{name}` |" in text for name in known())


def test_the_documentation_names_every_metric() -> None:
    from prometheus_client import generate_latest

    from aistandards.api import metrics

    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    names = re.findall(r"^# TYPE (\S+)", generate_latest(metrics.registry).decode(), re.M)
    assert len(names) > 8
    for name in names:
        assert f"`{name}`" in text, name
