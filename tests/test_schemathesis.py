"""Schemathesis over the whole OpenAPI description against a real server: no 5xx, nothing that the description does not say.

``make schemathesis`` runs all of it, longer and with other requests each time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from serving import serving

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
)
# one family of the saved queries stands for all, which are made by one function; a validation is a process of its own
LEFT_OUT = r"^/api/v1/(queries/(?!coverage)|validate$)"
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES")
HERE = Path(__file__).resolve().parent


def test_every_operation_does_what_the_description_says(store_folder: Path, tmp_path: Path) -> None:
    steady = ["--phases", "examples,coverage", "--generation-deterministic", "--exclude-path-regex", LEFT_OUT]
    longer = ["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES or "1"]
    with serving(store_folder) as address:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml")),
                *("run", f"{address}/api/v1/openapi.json"),
                *(
                    "--checks",
                    ",".join(CHECKS),
                    "--continue-on-failure",
                    "--no-shrink",
                    "--no-color",
                    "--warnings",
                    "off",
                ),
                *("--request-timeout", "120", "--suppress-health-check", "all"),
                *(longer if EXAMPLES else steady),
            ],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "schemathesis_hooks"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        pytest.fail(done.stdout[-20_000:] + done.stderr[-2_000:])
    assert "passed" in done.stdout and "Coverage" in done.stdout
