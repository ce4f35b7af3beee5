"""Changes that keep a file's structure: cells and columns of tables, branches of trees, elements of XML, parts of workbooks."""

from __future__ import annotations

import csv
import io
import json
import random
import zipfile
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import yaml

ODD = (
    *("", " ", "0", "-1", "1e999", "9" * 40, "0.1", "12.5%", "100万元", "#REF!", "=1+1", "'=1", "'1", "合计", "#x", "a;b", "a,b"),
    *("GB/T 1-2020", "GB/T 1-2020;GB/T 2-2021", "标准号", "number", "20240001-T-469", "2024-02-30", "2024年2月", "2024-01"),
    *("\u200b", "\ufeff", "\u3000", "\x01", "\x85", "\u2028", "\x00", "e\u0301", "\U0001f600", "１２", '"', "\r", "a\nb", "\t"),
    *("http://e/ x", "javascript:1", "<b>", "]]>", "&#0;", "{0}", "%s", "../x", "@type", "@id", "true", "null", "IDT", "IDT ISO/IEC 1:2020"),
)  # fmt: skip


def table(data: bytes, chance: random.Random) -> bytes:
    """Change cells, columns, rows, marks or the encoding of a table."""
    for encoding in ("utf-8-sig", "utf-16", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeError:
            continue
    else:
        return data
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=chance.choice(",,,\t;")))[:40] or [[""]]
    for _ in range(chance.randint(1, 4)):
        row = chance.choice(rows)
        at = chance.randrange(len(row) + 1)
        match chance.randrange(9):
            case 0 | 1 if row:
                row[at % len(row)] = chance.choice(ODD)
            case 2:
                row.insert(at, chance.choice(ODD))
            case 3 if row:
                del row[at % len(row)]
            case 4:
                rows.insert(chance.randrange(len(rows) + 1), list(row))
            case 5:
                rows.insert(chance.randrange(len(rows) + 1), [chance.choice(ODD)] * chance.randrange(4))
            case 6:  # the columns in another order
                order = list(range(max(map(len, rows))))
                chance.shuffle(order)
                rows = [[one[n] for n in order if n < len(one)] for one in rows]
            case 7 if row:
                row[at % len(row)] *= chance.choice((2, 50))
            case _:
                chance.shuffle(rows)
    out = io.StringIO(newline="")
    ends = chance.choice(("\r\n", "\n", "\r"))
    csv.writer(
        out, delimiter=chance.choice(",,,,\t;|"), lineterminator=ends, quoting=chance.choice((0, 0, 1))
    ).writerows(rows)
    return out.getvalue().encode(chance.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "gb18030")), "ignore")


def tree(node: Any, chance: random.Random) -> Any:
    """Change something in a tree of lists and objects."""
    if chance.random() < 0.2 or not isinstance(node, dict | list) or not node:
        made = chance.choice((*ODD, None, True, 0, -1.5, 10**25, [], {}, [node], {"a": node}, [node, node]))
        return made if chance.random() < 0.7 else node
    if isinstance(node, list):
        at = chance.randrange(len(node))
        return [*node[:at], *chance.choice(([], [node[at]] * 2, [tree(node[at], chance)])), *node[at + 1 :]]
    name = chance.choice(list(node))
    match chance.randrange(4):
        case 0:
            return {key: value for key, value in node.items() if key != name}
        case 1:
            return {**node, chance.choice((*ODD, *node)): node[name]}
        case _:
            return {**node, name: tree(node[name], chance)}


def objects(data: bytes, chance: random.Random) -> bytes:
    """Change a tree in JSON, or in a line of JSON Lines."""
    try:
        return json.dumps(tree(json.loads(data), chance), ensure_ascii=chance.random() < 0.5).encode("utf-8", "replace")
    except ValueError:
        lines = data.splitlines() or [b"{}"]
    at = chance.randrange(len(lines))
    lines[at] = json.dumps(tree(json.loads(lines[at]), chance)).encode()
    return b"\n".join(lines)


def documents(data: bytes, chance: random.Random) -> bytes:
    """Change a tree in YAML."""
    found = [tree(one, chance) for one in yaml.load_all(data, Loader=yaml.CBaseLoader)]
    return yaml.dump_all(found, Dumper=yaml.CSafeDumper, allow_unicode=True).encode("utf-8", "replace")


def elements(data: bytes, chance: random.Random) -> bytes:
    """Change elements, attributes or texts of XML."""
    root = ElementTree.fromstring(data)
    for _ in range(chance.randint(1, 3)):
        every = list(root.iter())
        one, other = chance.choice(every), chance.choice(every)
        match chance.randrange(6):
            case 0:
                one.text = chance.choice(ODD).replace("\x00", "").replace("\x01", "")
            case 1 if one.attrib:
                one.attrib[chance.choice(list(one.attrib))] = chance.choice((*ODD[:30], "A1", "B2:B9", "s", "0"))
            case 2 if len(one):
                del one[chance.randrange(len(one))]
            case 3 if len(one):
                one.insert(chance.randrange(len(one) + 1), chance.choice(list(one)))
            case 4 if one not in list(other.iter()) and other not in list(one.iter()):
                one.append(other)
            case _:
                one.attrib.update(other.attrib)
    return ElementTree.tostring(root)


def parts(data: bytes, chance: random.Random) -> bytes:
    """Change the XML of one part of a workbook, or leave a part out, and pack it again."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        chosen = chance.choice(before.namelist())
        for name in before.namelist():
            text = before.read(name)
            if name == chosen and chance.random() < 0.1:
                continue
            after.writestr(name, elements(text, chance) if name == chosen else text)
    return out.getvalue()


def of(suffix: str) -> Callable[[bytes, random.Random], bytes] | None:
    """Return what changes files of a suffix, or None where only bytes are changed."""
    known = {".csv": table, ".tsv": table, ".jsonl": objects, ".jsonld": objects, ".json": objects, ".yaml": documents}
    known |= {".xml": elements, ".rdf": elements, ".sheet": elements, ".xlsx": parts}
    return known.get(suffix)
