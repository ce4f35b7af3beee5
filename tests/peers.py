"""Other SPARQL servers as processes of their own: Oxigraph's from PyPI, Apache Jena Fuseki's from Maven, Debian's Virtuoso.

``oxigraph_server`` and ``fuseki_server`` serve given quads; the ``empty_…`` ones start without any and take a build.
"""

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
<#records> a fuseki:Service ; fuseki:name "records" ; fuseki:endpoint [ fuseki:operation fuseki:query ; fuseki:name "sparql" ] ,
  [ fuseki:operation fuseki:gsp-rw ; fuseki:name "data" ] , [ fuseki:operation fuseki:update ; fuseki:name "update" ] ;
  fuseki:dataset [ a tdb2:DatasetTDB2 ; tdb2:location "%s" ; tdb2:unionDefaultGraph true ] .
"""
VIRTUOSO = """
[Database]
DatabaseFile={folder}/virtuoso.db
ErrorLogFile={folder}/virtuoso.log
LockFile={folder}/virtuoso.lck
TransactionFile={folder}/virtuoso.trx
xa_persistent_file={folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile={folder}/temporary.db
TransactionFile={folder}/temporary.trx
[Parameters]
ServerPort=127.0.0.1:{admin}
DisableUnixSocket=1
NumberOfBuffers=40000
[HTTPServer]
ServerPort=127.0.0.1:{port}
ServerThreads=8
MaxRequestSize=100M
[SPARQL]
ResultSetMaxRows=10000000
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
    location = folder / "tdb2"
    subprocess.run([*_classes(), "tdb2.tdbloader", "--loc", location, quads], check=True, capture_output=True)
    with empty_fuseki(folder) as address:
        yield address


def _classes() -> list[str]:
    java = shutil.which("java")
    assert java and any(JARS.glob("jena-fuseki-main-*.jar")), "run `make peers`: it needs Java and Maven"
    return [java, "-cp", f"{JARS}{os.sep}*"]


@contextlib.contextmanager
def empty_fuseki(folder: Path) -> Iterator[str]:
    """Serve the TDB2 folder with Fuseki, empty where nothing was loaded; yield the query address."""
    location, config = folder / "tdb2", folder / "fuseki.ttl"
    location.mkdir(exist_ok=True)
    config.write_text(FUSEKI % location.as_posix(), encoding="utf-8")
    port = free_port()
    command = [
        *_classes(),
        "org.apache.jena.fuseki.main.cmds.FusekiMainCmd",
        "--localhost",
        f"--port={port}",
        f"--config={config}",
    ]
    with _running(command, folder / "fuseki.log", f"http://localhost:{port}/records/sparql") as address:
        yield address


@contextlib.contextmanager
def empty_oxigraph(folder: Path, *options: str) -> Iterator[str]:
    """Start Oxigraph's server without quads, open to writing, and yield the query address."""
    program, port = str(Path(sys.executable).with_name("oxigraph")), free_port()
    command = [program, "serve", "--location", str(folder / "empty"), "--bind", f"localhost:{port}", *options]
    with _running(command, folder / "empty.log", f"http://localhost:{port}/query") as address:
        yield address


@contextlib.contextmanager
def empty_virtuoso(folder: Path) -> Iterator[str]:
    """Start Virtuoso on a new database and yield the query address; user and password are dba."""
    program, port = shutil.which("virtuoso-t"), free_port()
    assert program
    config = folder / "virtuoso.ini"
    config.write_text(VIRTUOSO.format(folder=folder, port=port, admin=free_port()), encoding="utf-8")
    command = [program, "+foreground", "+configfile", str(config)]
    with _running(command, folder / "virtuoso.out", f"http://127.0.0.1:{port}/sparql") as address:
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
