"""What kind of file it is: by its content first, then by its name; where the two disagree, that is said."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from aistandards.readers.base import EXPORT, UnreadableError

HEAD: Final = 1 << 16  # bytes of a file that are looked at


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: its name, the suffixes it has and how it is called."""

    name: str
    suffixes: tuple[str, ...]
    zh: str
    en: str


KINDS: Final = (
    Kind("csv", (".csv", ".tsv", ".tab"), "CSV 表格", "a CSV table"),
    Kind("xlsx", (".xlsx", ".xlsm"), "Excel 工作簿", "an Excel workbook"),
    Kind("turtle", (".ttl",), "Turtle", "Turtle"),
    Kind("ntriples", (".nt",), "N-Triples", "N-Triples"),
    Kind("nquads", (".nq",), "N-Quads", "N-Quads"),
    Kind("trig", (".trig",), "TriG", "TriG"),
    Kind("rdfxml", (".rdf", ".owl"), "RDF/XML", "RDF/XML"),
    Kind("jsonld", (".jsonld",), "JSON-LD", "JSON-LD"),
    Kind("jsonl", (".jsonl", ".ndjson"), "JSON Lines", "JSON Lines"),
    Kind("yaml", (".yaml", ".yml"), "Relaton YAML", "Relaton YAML"),
    Kind("xml", (), "Relaton XML", "Relaton XML"),
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}
BY_SUFFIX: Final = {suffix: kind for kind in KINDS for suffix in kind.suffixes}
OPEN: Final = (".xml", ".json")  # suffixes that say the syntax and not the kind
SUFFIXES: Final = (*BY_SUFFIX, *OPEN)
TEXT: Final = {"csv", "turtle", "ntriples", "trig", "nquads", "yaml", "jsonl", "jsonld", "rdfxml", "xml"}
FAMILY: Final = {
    "ntriples": "turtle",
    "trig": "turtle",
    "nquads": "turtle",
}  # what may be told from the other only by reading it

_HTML: Final = re.compile(r"\s*(?:<!--.*?-->\s*)?<(?:!DOCTYPE\s+html|html|table|meta)\b", re.IGNORECASE | re.DOTALL)
_SAVE: Final = "请另存为 .xlsx 工作簿或 CSV UTF-8", "Save it as an .xlsx workbook or as CSV UTF-8"
_OLD: Final = "旧版 .xls 文件，或设有密码", "an old .xls file, or one with a password"
_LOCKED: Final = "设有密码的工作簿", "a workbook with a password"
_FOREIGN: Final[tuple[tuple[Callable[[bytes], bool], tuple[str, str]], ...]] = (
    (lambda b: b.startswith(b"\xd0\xcf\x11\xe0") and b"E\0n\0c\0r\0y\0p\0t\0e\0d\0" in b, _LOCKED),
    (lambda b: b.startswith(b"\xd0\xcf\x11\xe0"), _OLD),
    (lambda b: b.startswith(b"%PDF"), ("PDF 文件", "a PDF file")),
    (lambda b: b.startswith(b"{\\rtf"), ("RTF 文件", "an RTF file")),
    (lambda b: b.startswith(b"\x1f\x8b"), ("gzip 压缩文件", "a file packed with gzip")),
    (lambda b: b.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8")), ("图片", "an image")),
    (lambda b: b.startswith(b"PAR1"), ("Parquet 文件", "a Parquet file")),
    (lambda b: b.startswith(b"PK\x03\x04") and b"word/" in b, ("Word 文档", "a Word document")),
    (lambda b: b.startswith(b"PK\x03\x04") and b"ppt/" in b, ("PowerPoint 文档", "a PowerPoint document")),
    (lambda b: b.startswith(b"PK\x03\x04") and b"opendocument" in b, ("OpenDocument 文档", "an OpenDocument file")),
    (
        lambda b: bool(_HTML.match(_text(b))),
        ("HTML 网页（有的平台把网页另存为 .xls）", "an HTML page, which some platforms save as .xls"),
    ),
)
_XML = re.compile(r"\s*<(?:[?!]|(?:\w+:)?(?:RDF|bibitem|bibdata|relaton-collection)\b)")
_RDF = re.compile(r"<(?:\w+:)?RDF\b|http://www\.w3\.org/1999/02/22-rdf-syntax-ns#")
_TURTLE = re.compile(r"\s*(?:#[^\n]*\n\s*)*(?:@prefix|@base|PREFIX\s+[\w.-]*:|BASE\s+<)", re.IGNORECASE)
_TRIPLE = re.compile(r"\s*(?:#[^\n]*\n\s*)*(?:<[^<>\s:]+:[^<>\s]*>|_:\S+)\s*<[^<>\s]+>\s*(?:<[^<>\s]*>|_:\S+|\")")
_YAML = re.compile(
    r"(?:%YAML|---\s|(?:(?:[\w-]+:(?=\s)|[-\t ])[^\n]*\n|\r?\n)*?"  # a line at a time, so that no line is tried twice
    r"(?:docid|docidentifier|schema[-_]version|docnumber):)"
)
_JSONLD = re.compile(r'"@(?:context|graph|id|type)"\s*:')


def _text(head: bytes) -> str:
    for bom, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8")):
        if head.startswith(bom):
            return head[len(bom) :].decode(encoding, "replace")
    return head.decode("utf-8", "replace")


def sniff(head: bytes) -> str | None:
    """Return the kind that the first bytes of a file show, or None for what may be a table or anything else."""
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    text = _text(head)
    if _XML.match(text):
        return "rdfxml" if _RDF.search(text) else "xml"
    if _TURTLE.match(text):
        return "turtle"
    if _TRIPLE.match(text):
        return "ntriples"
    if text.lstrip()[:1] in ("{", "["):
        return _json(text.lstrip())
    return "yaml" if _YAML.match(text) else None


def _json(text: str) -> str:
    """JSON-LD has its keywords; JSON Lines has an object a line."""
    first = text.partition("\n")[0].rstrip()
    if first.startswith("{") and first.endswith("}") and not _JSONLD.search(first):
        return "jsonl"
    return "jsonld"


def kind_of(head: bytes, name: str, asked: str | None = None) -> tuple[str, tuple[str, str] | None]:
    """Return the kind of a file and, where name and content disagree, what to say of it in Chinese and English.

    Raises UnreadableError for what is no file of ours at all: documents, images, packed files, web pages.
    """
    for is_it, (zh, en) in _FOREIGN:
        if is_it(head):
            raise UnreadableError(
                "read-kind", f"这是{zh}，不是记录文件", f"this is {en}, no file of records", _SAVE, name
            )
    seen = sniff(head)
    suffix = PurePath(name).suffix.lower()
    named = BY_SUFFIX[suffix].name if suffix in BY_SUFFIX else None
    if asked:
        named = asked
    if named == "xlsx" and seen != "xlsx":
        zh, en = "内容不是 .xlsx 工作簿", "the content is no .xlsx workbook"
        raise UnreadableError("read-workbook", zh, en, _SAVE, name)
    if seen is None:
        if suffix in OPEN and not asked:
            zh, en = (
                f"{suffix} 文件的内容不是 RDF、ISO 开放数据或 Relaton",
                f"the content of this {suffix} file is neither RDF, ISO Open Data nor Relaton",
            )
            raise UnreadableError("read-kind", zh, en, EXPORT, name)
        return named or "csv", None
    if named is None or named == seen or FAMILY.get(named, named) == FAMILY.get(seen, seen):
        return named or seen, None
    if asked:
        return asked, None
    if named == "csv" and seen in ("yaml", "jsonl", "jsonld") and b"," in head.partition(b"\n")[0]:
        return "csv", None
    if seen == "xlsx" or named in TEXT:
        is_, was = BY_NAME[seen], BY_NAME[named]
        return seen, (
            f"扩展名表示{was.zh}，内容是{is_.zh}，按内容读取。",
            f"The name says {was.en}, the content is {is_.en}; it was read as what it is.",
        )
    return named, None
