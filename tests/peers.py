"""Other SPARQL servers as processes of their own, over the same quads: Oxigraph's from PyPI, Apache Jena Fuseki's from Maven."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx

from serving import free_port

JARS = Path(__file__).parents[1] / ".make" / "fuseki"  # make peers fills it
FUSEKI = """
PREFIX fuseki: <http://jena.apache.org/fuseki#>
PREFIX ja: <http://jena.hpl.hp.com/2005/11/Assembler#>
PREFIX tdb2: <http://jena.apache.org/2016/tdb#>
[] a fuseki:Server ; fuseki:services ( <#records> ) .
<#records> a fuseki:Service ; fuseki:name "records" ; fuseki:endpoint [ fuseki:operation fuseki:query ; fuseki:name "sparql" ] ;
  fuseki:dataset [ a tdb2:DatasetTDB2 ; tdb2:location "%s" ; tdb2:unionDefaultGraph true ] .
"""


@contextlib.contextmanager
def oxigraph_server(quads: Path, folder: Path) -> Iterator[str]:
    """Load N-Quads with Oxigraph's own loader, serve them read-only, yield the query address."""
    program = str(Path(sys.executable).with_name("oxigraph"))
    location = folder / "oxigraph"
    subprocess.run([program, "load", "--location", location, "--file", quads], check=True, capture_output=True)
    port = free_port()
    command = [program, "serve-read-only", "--location", str(location), "--bind", f"localhost:{port}"]
    with _running(
        [*command, "--union-default-graph"], folder / "oxigraph.log", f"http://localhost:{port}/query"
    ) as address:
        yield address


@contextlib.contextmanager
def fuseki_server(quads: Path, folder: Path) -> Iterator[str]:
    """Load N-Quads with Jena's own loader into TDB2, serve them with Fuseki, yield the query address."""
    java = shutil.which("java")
    assert java and any(JARS.glob("jena-fuseki-main-*.jar")), "run `make peers`: it needs Java and Maven"
    location, config = folder / "tdb2", folder / "fuseki.ttl"
    classes = [java, "-cp", f"{JARS}{os.sep}*"]
    subprocess.run([*classes, "tdb2.tdbloader", "--loc", location, quads], check=True, capture_output=True)
    config.write_text(FUSEKI % location.as_posix(), encoding="utf-8")
    port = free_port()
    command = [
        *classes,
        "org.apache.jena.fuseki.main.cmds.FusekiMainCmd",
        "--localhost",
        f"--port={port}",
        f"--config={config}",
    ]
    with _running(command, folder / "fuseki.log", f"http://localhost:{port}/records/sparql") as address:
        yield address


@contextlib.contextmanager
def _running(command: Sequence[str], log: Path, address: str, wait: float = 60) -> Iterator[str]:
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process:
        try:
            deadline = time.monotonic() + wait
            while not _answers(address):
                assert process.poll() is None and time.monotonic() < deadline, log.read_text(encoding="utf-8")
                time.sleep(0.1)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(address: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.post(address, data={"query": "ASK {}"}).status_code == 200
    return False
