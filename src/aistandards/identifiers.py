"""Standard numbers and plan numbers: parse any usual spelling, render the normal form, build the slug for an IRI."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from aistandards.errors import NumberError

MAX_LENGTH = 200

_INDUSTRIES = (
    "AQ|BB|CB|CECS|CH|CJ|CJJ|CY|DA|DB|DL|DY|DZ|EJ|FZ|GA|GC|GH|GM|GY|HB|HG|HJ|HS|HY|JB|JC|JG|JGJ|JJF|JJG|JR|JT|JTG|JY"
    "|KA|LB|LD|LS|LY|MH|MR|MT|MZ|NB|NY|QB|QC|QJ|QX|RB|SB|SC|SF|SH|SJ|SL|SN|SW|SY|TB|TD|TY|WB|WH|WJ|WM|WS|WW|XB|XF|YB|YC"
    "|YD|YJ|YS|YY|YZ|ZY"
)
_ALLIANCES = "AIIA"  # bodies that publish under their own prefix, without T/
_JOINT = "IEC|IEEE|SAE|ASTM|CIE|HL7|OIML|IDF|IULTCS|TTSC|UNDP"
_STAGES = "PWI|NWIP|NP|AWI|WD|CDV|CD|FDIS|DIS|PRF|FDTR|FDTS|DTR|DTS|DPAS"
_WORDS = f"{_STAGES}|TR|TS|PAS|GUIDE|SRD|SPEC"
_NATIONAL = {
    "BS": " ",
    "DIN": " ",
    "JIS": " ",
    "KS": " ",
    "NF": " ",
    "UNE": "-",
    "NTP": "-",
    "EVS": "-",
    "SS": "-",
    "IS": "/",
}  # what the adopting body prints between its own prefix and the adopted one
_KNOWN = [
    "GB/T",
    "GB",
    "GB/Z",
    "ISO/IEC",
    "ISO",
    "IEC",
    "ISO/IEC TR",
    "ISO/IEC TS",
    "ITU-T",
    "IEEE",
    "IEEE STD",
    "ETSI TS",
    "ETSI GR",
    "EN",
    "CEN/CLC",
    "AIIA/T",
    *_NATIONAL,
    *_INDUSTRIES.split("|"),
    *(f"{code}/T" for code in _INDUSTRIES.split("|")),
]  # the likeliest first
_AMENDMENTS = {
    "AMD": "Amd",
    "DAMD": "DAmd",
    "DAM": "DAmd",
    "FDAMD": "FDAmd",
    "FDAM": "FDAmd",
    "COR": "Cor",
    "DCOR": "DCor",
    "FDCOR": "FDCor",
}
_DRAFTS = {"PR": "pr", "FPR": "Fpr", None: ""}
_CYRILLIC = {"ГОСТ Р": "gost-r", "ГОСТ": "gost", "ПНСТ": "pnst"}

# One pattern a family; each reads the printed form, the compact form and the slug of a tidied, upper-case text
_YEAR = r"(?:19|20)\d\d"
_TAIL = rf"""(?P<digits>(?=0*[1-9])\d{{1,8}})(?:\.(?P<part>(?!{_YEAR}(?!\d))\d{{1,4}}(?:\.(?!{_YEAR})\d{{1,3}})?))?
    (?:[-:](?P<year>{_YEAR}|[5-9]\d)|[. ](?P<year2>{_YEAR}))?
    (?:[/-]XG[ -]?(?P<amendment>\d{{1,2}})(?:-(?P<amended>{_YEAR}))?)?"""
_BODY_CODE = r"\d{0,8}[A-Z]{2,12}(?:\d{1,2}[A-Z]{1,8})?"
_PRINTED_CHINESE = (
    rf"(?P<code>GB|{_INDUSTRIES})(?:[ /-]?(?P<nature>[TZC]))?[ -]?{_TAIL}",
    rf"(?P<code>DB[ ]?[1-8]\d(?:\d\d)?)(?:[ /-]?(?P<nature>[TZ])[ -]?|[ /-]){_TAIL}",
    rf"(?P<owned>[TQ])/(?P<code>{_BODY_CODE})[ -]?{_TAIL}",
    rf"(?P<owned>[TQ])-(?P<code>{_BODY_CODE})-{_TAIL}",
    rf"(?P<code>{_ALLIANCES})[ /-]?(?P<nature>[A-Z]{{1,3}})[ -]?{_TAIL}",
)
_PRINTED_ISO = rf"""
    (?:(?P<national>{"|".join(_NATIONAL)})(?:[ -](?P<letter>[A-Z])(?=[ -]))?[ /-]?)?
    (?:(?P<draft>F?PR)?(?P<regional>EN|CEN[ /-]?CLC|CEN|CLC)[ /-]?)?
    (?P<body>ISO(?:[ /-]?(?:{_JOINT}))*|IEC(?:[ /-]?(?:IEEE|ISO))*|IWA|CWA)?
    (?P<words>(?:[ /-]?(?:{_WORDS}))*)
    [ -]?(?P<digits>(?=0*[1-9])\d{{1,6}})(?P<part>(?:-(?!{_YEAR}(?!\d))\d{{1,5}})*)
    (?:\.(?P<iteration>[1-9]))?(?:[-.:\ ](?P<year>{_YEAR})(?:(?<=:\d{{4}})-(?:0[1-9]|1[0-2]))?)?
    (?:[/-](?:(?:(?P<stage>NP|AWI|WD|CD|PRF)[ /-]?)?(?P<kind>{"|".join(_AMENDMENTS)})[ .-]?
        |(?P<draft2>F?PR)?A)(?P<amendment>\d{{1,2}}(?:\.\d)?)(?:[:-](?P<amended>{_YEAR}))?)?"""
_DATE = r"(?:[ ]?\((?:(?P<m{0}>0[1-9]|1[0-2])/)?(?P<y{0}>{1})\)|-(?P<sy{0}>{1})(?P<sm{0}>0[1-9]|1[0-2])?)?"
_PRINTED_ITU = rf"""
    (?P<prefix>(?:REC\.?[ ]?)?ITU(?:[ -]?T[ -]?|[ ])(?:REC(?:OMMENDATION)?[. ]?)?)?(?P<group>[ADE-VX-Z])
    (?:[. -]?SUP(?:PL(?:EMENT)?)?[. -]?(?P<supplement>\d{{1,3}})
      |\.(?P<digits>\d{{1,5}})(?:\.(?P<part>\d{{1,4}}(?:\.\d{{1,4}})*))?
      |\.(?P<item>[A-Z](?:[A-Z0-9-]{{0,40}}[A-Z0-9])?))
    (?:[ -]?\(?V(?P<edition>\d{{1,2}})\)?)?{_DATE.format(1, _YEAR)}
    (?:[ /-]?(?P<kind>AMD|COR)[. -]?(?P<amendment>\d{{1,2}}){_DATE.format(2, _YEAR)})?"""
_PRINTED_IEEE = rf"""IEEE(?:[ -]?STD)?[. -]?(?:(?P<project>P)[ -]?)?(?P<digits>\d{{1,5}}[A-Z]?)
    (?:\.(?P<part>(?!{_YEAR})\d{{1,3}}(?:\.\d{{1,3}})*[A-Z]{{0,2}}))?(?:[-:. ](?P<year>{_YEAR}))?"""
_PRINTED_ETSI = r"""ETSI[ -]?(?P<kind>EN|ES|EG|TS|TR|SR|GS|GR)[ -]?
    (?:(?P<group>[A-Z]{2,6}(?:-[A-Z]{1,6})?)[ -]?(?P<digits>\d{3})|(?P<digits2>\d{3}[ ]?\d{3}))(?P<part>(?:-\d{1,3})*)
    (?:[ -]?V(?P<edition>\d{1,2}\.\d{1,2}\.\d{1,2})(?:[ ]?\((?P<year>(?:19|20)\d\d)-(?P<month>0[1-9]|1[0-2])\))?)?"""
_PRINTED_GOST = rf"(?:(?P<code>ГОСТ|GOST)(?:[ -]?(?P<nature>[РR]))?|(?P<preliminary>ПНСТ|PNST))[ -]?{_TAIL}"

_PLAN = re.compile(
    r"(?P<year>(?:19|20)\d\d)(?P<serial>\d{4})-(?P<nature>[A-Z])-(?P<owner>\d{3})"
    r"|(?P<year2>(?:19|20)\d\d)-(?P<serial2>\d{3,5})(?P<nature2>[A-Z])-(?P<owner2>[A-Z]{2,12})"
    r"|X-(?P<owner3>[A-Z])(?P<serial3>\d{4})"
)

_DASHES = "‐‑‒–—―−⁃﹣﹘─━ー一"
_ALIKE: dict[int, int | None] = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
_ALIKE |= dict.fromkeys(map(ord, _DASHES), ord("-")) | dict.fromkeys(map(ord, "∕⁄╱⧸\\＼"), ord("/"))
_ALIKE |= dict.fromkeys([0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], ord(" "))
_ALIKE |= dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, ord("™"), ord("®")], None) | {ord("∶"): ord(":")}
_EDGE = " \t\r\n《》〈〉«»「」『』【】“”‘’\"'`[].,;、。"
_FOREIGN = re.compile(r"[^A-Za-z0-9 ./:()\-ГОСТРПНгострпн]")


@dataclass(frozen=True, slots=True, eq=False)
class StandardNumber:
    """A standard number taken apart; two numbers are equal when their slugs are (an ETSI version says its month)."""

    family: str  # whose rules apply: china, iso (ISO, IEC, EN and all who print like them), itu, ieee, etsi, gost
    publisher: str  # the printed prefix: GB/T, T/CESA, ISO/IEC TR, prEN ISO/IEC, ITU-T, IEEE Std, ETSI GR
    code: str  # the body without nature, kind and stage, to group by: GB, YD, DB11, T/CESA, ISO/IEC, EN
    digits: str
    part: str | None = None
    year: str | None = None
    month: str | None = None  # ITU and ETSI
    group: str | None = None  # what stands between prefix and digits: Y or Y Suppl. (ITU), ENI (ETSI)
    edition: str | None = None  # a version: V2 (ITU), V1.1.1 (ETSI)
    stage: str | None = None  # of a draft: DIS, CD, pr, Fpr, P (IEEE)
    iteration: str | None = None  # the 2 of ISO/IEC DTS 42119-3.2
    amendment: str | None = None  # Amd 1, CD Amd 2, prA1, XG1; year, month, edition are then of the amended standard
    amendment_year: str | None = None
    amendment_month: str | None = None

    def __eq__(self, other: object) -> bool:
        return self.slug == other.slug if isinstance(other, StandardNumber) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.slug)

    def __str__(self) -> str:
        return self.render()

    def render(self) -> str:
        """The normal form, as the data files print it."""
        if self.family == "itu":
            joint = " " if self.group and len(self.group) > 1 else "."
            edition = f" ({self.edition})" if self.edition else ""
            base = f"ITU-T {self.group}{joint}{self._number('.')}{edition}{_in_brackets(self.year, self.month)}"
            amended = _in_brackets(self.amendment_year, self.amendment_month)
            return f"{base} {self.amendment}{amended}" if self.amendment else base
        if self.family == "etsi":
            digits = self.digits if self.group else f"{self.digits[:3]} {self.digits[3:]}"
            pieces = [self.publisher, self.group, digits + _after("-", self.part), self.edition]
            text = " ".join(piece for piece in pieces if piece)
            return f"{text} ({self.year}-{self.month})" if self.year else text
        mark = ":" if self.family == "iso" else "-"
        blank = "" if self.publisher == "IEEE P" else " "
        number = self._number("-" if self.family == "iso" else ".")
        base = f"{self.publisher}{blank}{number}{_after(mark, self.year)}"
        return f"{base}/{self.amendment}{_after(mark, self.amendment_year)}" if self.amendment else base

    @property
    def slug(self) -> str:
        """The form in an IRI, lower case: `gbt-45288.1-2025`."""
        number = self._number("-" if self.family in ("iso", "etsi") else ".")
        pieces: list[str | None] = [self._prefix_slug(), self.group, number]
        if self.family == "itu" and self.group and len(self.group) == 1:
            pieces[1:] = [f"{self.group}.{number}"]
        elif self.publisher == "IEEE P":
            pieces[1:] = [f"p{number}"]
        date = None if self.family == "etsi" else _joined(self.year, self.month)
        pieces += [self.edition, date, self.amendment, _joined(self.amendment_year, self.amendment_month)]
        return re.sub(r"\.? |\.-", "-", "-".join(piece for piece in pieces if piece).lower())

    @property
    def undated(self) -> StandardNumber:
        """The work that editions belong to; an amendment keeps the edition it amends and loses only its own year."""
        if self.amendment:
            return replace(self, amendment_year=None, amendment_month=None)
        return replace(self, year=None, month=None, edition=None)

    @property
    def is_dated(self) -> bool:
        """Whether the number names one edition."""
        if self.amendment:
            return self.amendment_year is not None
        return self.year is not None or self.edition is not None

    @property
    def is_chinese(self) -> bool:
        """Whether a Chinese body publishes it (national, industry, local, group, alliance, enterprise)."""
        return self.family == "china"

    @property
    def series(self) -> str | None:
        """The series a part belongs to, `GB/T 45288`; None for ITU and IEEE, where a point makes no part."""
        if not self.part or self.amendment or self.family in ("itu", "ieee"):
            return None
        whole = replace(self.undated, part=None, iteration=None)
        if self.family == "iso" and self.publisher.startswith(("ISO", "IEC")):
            whole = replace(whole, publisher=self.code, stage=None)  # parts of one series differ in kind and stage
        return whole.render()

    @property
    def series_slug(self) -> str | None:
        """The slug of the series, `gbt-45288`."""
        return parse(self.series).slug if self.series else None

    def _number(self, separator: str) -> str:
        return f"{self.digits}{_after(separator, self.part)}{_after('.', self.iteration)}"

    def _prefix_slug(self) -> str:
        if self.family == "china":
            return self.publisher.replace("/", "-" if self.publisher[:2] in ("T/", "Q/") else "")
        if self.family in ("itu", "ieee"):
            return self.code.replace("-", "")
        text = _CYRILLIC.get(self.publisher) or re.sub(rf"/(?=(?:{_WORDS})\b)|(?<=^IS)/", "-", self.publisher)
        return text.replace("/", "")


@dataclass(frozen=True, slots=True)
class PlanNumber:
    """The number of a plan project, `20241767-T-469` or `2026-1076T-YD`, or our own id `x-c0001`."""

    serial: str
    owner: str  # the responsible body: 469, YD, CAEE; c in our own ids
    year: str | None = None  # None in our own ids
    nature: str | None = None  # Q mandatory, T recommended, Z guidance; None in our own ids

    def __str__(self) -> str:
        return self.render()

    def render(self) -> str:
        """The normal form."""
        if self.year is None:
            return f"x-{self.owner}{self.serial}"
        if self.owner.isdigit():
            return f"{self.year}{self.serial}-{self.nature}-{self.owner}"
        return f"{self.year}-{self.serial}{self.nature}-{self.owner}"

    @property
    def slug(self) -> str:
        """The form in an IRI, lower case."""
        return self.render().lower()


@lru_cache(maxsize=4096)
def parse(text: str) -> StandardNumber:
    """Read a standard number in any usual spelling or as a slug; NumberError says what to write instead."""
    tidy = _tidy(text)
    for pattern, build in _readers():
        found = pattern.fullmatch(tidy)
        number = build(found) if found else None
        if number:
            return number
    raise _refusal(text, tidy)


def try_parse(text: str) -> StandardNumber | None:
    """As parse, but None where the text is no standard number."""
    try:
        return parse(text)
    except NumberError:
        return None


def normalise(text: str) -> str:
    """The normal form of a number in any usual spelling."""
    return parse(text).render()


def parse_plan(text: str) -> PlanNumber:
    """Read the number of a plan project in any usual spelling or as a slug."""
    plan = _read_plan(_tidy(text))
    if plan is None:
        raise NumberError(
            text,
            f"{_quoted(text)} is not a plan number; write it like 20241767-T-469 or 2026-1076T-YD",
            f"{_quoted(text)} 不是计划号；请写成 20241767-T-469 或 2026-1076T-YD 的形式",
        )
    return plan


@lru_cache(maxsize=4096)
def try_parse_plan(text: str) -> PlanNumber | None:
    """As parse_plan, but None where the text is no plan number."""
    try:
        return parse_plan(text)
    except NumberError:
        return None


def loose_key(number: StandardNumber) -> str:
    """A key for matching that does not see the joint publisher: ISO 42001 meets ISO/IEC 42001; stages still differ."""
    return re.sub(rf"(?:^|(?<=-))(iso|iec)(?:{_JOINT.lower()}|iso)+(?=-)", r"\1", number.slug)


def _tidy(text: str) -> str:
    """Upper case, ASCII dashes, slashes and blanks, no quotes; a NumberError for what no number can contain."""
    if len(text) > MAX_LENGTH:
        raise NumberError(
            text,
            f"a number has at most {MAX_LENGTH} characters; give the number alone",
            f"编号不超过 {MAX_LENGTH} 个字符；请只写编号",
        )
    plain = text.translate(_ALIKE).strip(_EDGE)
    if plain.startswith("(") and plain.endswith(")"):
        plain = plain[1:-1].strip(_EDGE)
    if not plain:
        raise NumberError(
            text,
            "the number is empty; write one such as GB/T 45288.1-2025",
            "编号为空；请写出编号，例如 GB/T 45288.1-2025",
        )
    plain = re.sub(r"(?<=[A-Za-z])_(?=[A-Za-z])", "/", plain).replace("_", " ")
    foreign = _FOREIGN.search(plain)
    if foreign:
        shown = foreign[0] if foreign[0].isprintable() else f"U+{ord(foreign[0]):04X}"
        rest = try_parse(plain[: foreign.start()])
        if rest:
            fix = (f"write only {rest}", f"请只写 {rest}")
        elif try_parse(_FOREIGN.sub("", plain)):
            fix = ("remove it", "请删去该字符")
        else:
            fix = ("write the number alone, such as GB/T 45288.1-2025", "请只写编号，例如 GB/T 45288.1-2025")
        raise NumberError(
            text,
            f"{_quoted(text)} holds the character {shown}, which no number has; {fix[0]}",
            f"{_quoted(text)} 含有编号中不会出现的字符 {shown}；{fix[1]}",
        )
    plain = re.sub(r" *([./:()-]) *", r"\1", re.sub(" +", " ", plain))
    plain = re.sub(r"-{2,}", "-", plain)
    return re.sub(r"(?<=\d)\((?:E|F|R|C|EN|FR|RU|ZH)\)$", "", plain.upper())


def _read_chinese(found: re.Match[str]) -> StandardNumber | None:
    part = found.groupdict()
    code, nature, owned = part["code"].replace(" ", ""), part.get("nature"), part.get("owned")
    if (nature == "C" and code != "YD") or (code == "DB" and not nature and not owned):
        return None
    if code in ("SC", "HS") and not nature and not owned and len(part["digits"]) < 3:
        return None  # "SC 42" is a subcommittee, "HS 85" a customs heading
    year = part["year"] or part["year2"]
    if owned:
        code = f"{owned}/{code}"
    amendment = f"XG{part['amendment']}" if part["amendment"] else None
    return StandardNumber(
        "china",
        f"{code}/{nature}" if nature else code,
        code,
        part["digits"],
        part["part"],
        year,
        amendment=amendment,
        amendment_year=part["amended"],
    )


def _read_gost(found: re.Match[str]) -> StandardNumber | None:
    publisher = "ПНСТ" if found["preliminary"] else "ГОСТ Р" if found["nature"] else "ГОСТ"
    if found["amendment"]:
        return None
    return StandardNumber("gost", publisher, publisher, found["digits"], found["part"], found["year"] or found["year2"])


def _read_iso(found: re.Match[str]) -> StandardNumber | None:
    national, regional, draft, body = found["national"], found["regional"], _DRAFTS[found["draft"]], found["body"]
    words = re.findall(_WORDS, found["words"])
    stages = [word for word in words if re.fullmatch(_STAGES, word)]
    kinds = [word for word in words if word not in stages]
    if not (national or regional or body) or len(stages) > 1 or len(kinds) > 1:
        return None
    if (regional == "EN" and words and not body) or (kinds == ["SPEC"] and national != "DIN"):
        return None
    if (national in ("IS", "SS", "NF") and not (regional or body)) or (found["iteration"] and not stages):
        return None
    if found["amendment"] and not found["kind"] and not regional:
        return None  # /A1 is what EN prints, /Amd 1 what ISO prints
    regional = re.sub("^CEN[ /-]?CLC$", "CEN/CLC", regional) if regional else None
    names = "/".join(re.findall(f"ISO|IWA|CWA|{_JOINT}", body)) if body else ""
    kinds = ["Guide"] if kinds == ["GUIDE"] and names.startswith("ISO") else kinds
    # ISO prints ISO/TS and ISO/IEC TS; CEN/CLC prints CEN/CLC/TR, CEN/CLC ISO/IEC TS and, for drafts, ISO/IEC/TS
    slash = kinds != ["Guide"] and (names == "ISO" or not names or bool(draft and regional == "CEN/CLC"))
    core = ("/" if slash else " ").join(filter(None, (names, " ".join(stages + kinds))))
    europe = f"{draft}{regional}" if regional else ""
    after = ("/" if europe and not names else " ").join(filter(None, (europe, core)))
    own = " ".join(filter(None, (national, found["letter"])))
    joint = _NATIONAL[national] if national and (regional or names) else " "
    publisher = joint.join(filter(None, (own, after)))
    amendment = None
    if found["amendment"]:
        kind = f"{_AMENDMENTS[found['kind']]} " if found["kind"] else f"{_DRAFTS[found['draft2']]}A"
        amendment = f"{found['stage'] + ' ' if found['stage'] else ''}{kind}{found['amendment']}"
    return StandardNumber(
        "iso",
        publisher,
        national or regional or names,
        found["digits"],
        found["part"][1:] or None,
        found["year"],
        stage=stages[0] if stages else draft or None,
        iteration=found["iteration"],
        amendment=amendment,
        amendment_year=found["amended"],
    )


def _read_itu(found: re.Match[str]) -> StandardNumber | None:
    part = found.groupdict()
    digits = part["supplement"] or part["digits"] or part["item"]
    if not part["prefix"] and (part["item"] or len(digits) < 3) and not part["supplement"]:
        return None  # bare, only Y.3172 is unmistakable
    if part["item"] and (part["amendment"] or part["y1"] or part["sy1"]):
        return None
    amendment = f"{part['kind'].capitalize()}. {part['amendment']}" if part["amendment"] else None
    return StandardNumber(
        "itu",
        "ITU-T",
        "ITU-T",
        digits,
        part["part"],
        part["y1"] or part["sy1"],
        part["m1"] or part["sm1"],
        f"{part['group']} Suppl." if part["supplement"] else part["group"],
        f"V{part['edition']}" if part["edition"] else None,
        amendment=amendment,
        amendment_year=part["y2"] or part["sy2"],
        amendment_month=part["m2"] or part["sm2"],
    )


def _read_ieee(found: re.Match[str]) -> StandardNumber | None:
    if found["project"] and found["year"]:
        return None
    stage = found["project"]
    return StandardNumber(
        "ieee",
        "IEEE P" if stage else "IEEE Std",
        "IEEE",
        found["digits"].lower(),
        found["part"].lower() if found["part"] else None,
        found["year"],
        stage=stage,
    )


def _read_etsi(found: re.Match[str]) -> StandardNumber | None:
    digits = found["digits"] or found["digits2"].replace(" ", "")
    return StandardNumber(
        "etsi",
        f"ETSI {found['kind']}",
        "ETSI",
        digits,
        found["part"][1:] or None,
        found["year"],
        found["month"],
        found["group"],
        f"V{found['edition']}" if found["edition"] else None,
    )


@cache
def _readers() -> tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], StandardNumber | None]], ...]:
    """The patterns in the order they are tried, compiled at first use so that importing stays quick."""
    builders = dict.fromkeys(_PRINTED_CHINESE, _read_chinese)
    builders |= {
        _PRINTED_ISO: _read_iso,
        _PRINTED_ITU: _read_itu,
        _PRINTED_IEEE: _read_ieee,
        _PRINTED_ETSI: _read_etsi,
        _PRINTED_GOST: _read_gost,
    }
    return tuple((re.compile(source, re.VERBOSE), build) for source, build in builders.items())


def _read_plan(tidy: str) -> PlanNumber | None:
    found = _PLAN.fullmatch(tidy)
    if not found:
        return None
    if found["serial3"]:
        return PlanNumber(found["serial3"], found["owner3"].lower())
    return PlanNumber(
        found["serial"] or found["serial2"],
        found["owner"] or found["owner2"],
        found["year"] or found["year2"],
        found["nature"] or found["nature2"],
    )


def _refusal(text: str, tidy: str) -> NumberError:
    shown = _quoted(text)
    if _read_plan(tidy):
        return NumberError(
            text,
            f"{shown} is the number of a plan project, not of a standard; look it up as a project",
            f"{shown} 是计划号，不是标准号；请按计划项目查询",
        )
    if re.match(r"\d+-[A-Z]", tidy):
        return NumberError(
            text,
            f"{shown} is no plan number: write the year, four digits, a letter and three digits, as in 20240001-T-469",
            f"{shown} 不是计划号：应为年份、四位顺序号、一个字母和三位数字，如 20240001-T-469",
        )
    letters = re.match(r"[A-ZГОСТРПН/ -]*", tidy)
    head = letters[0].strip(" /-") if letters else ""
    if head in _KNOWN or re.fullmatch(r"[TQ]/.+|DB|ГОСТ.*", head):
        en = f"{shown}: after {head} write digits, a part after a point, a year of four digits after a hyphen"
        zh = f"{shown}：{head} 之后应为顺序号，部分号用点，年份为连字符后的四位数字"
    else:
        from difflib import SequenceMatcher  # slow to import, needed for errors only

        def likeness(prefix: str) -> float:
            return SequenceMatcher(None, head, prefix).ratio()

        near = max(_KNOWN, key=likeness)
        en, zh = f"{shown} does not begin with a known prefix", f"{shown} 的前缀无法识别"
        if likeness(near) >= 0.6:
            en, zh = f"{en}; did you mean {near}?", f"{zh}；是否为 {near}？"
    return NumberError(
        text,
        f"{en}; a number looks like GB/T 45288.1-2025 or ISO/IEC 42001:2023",
        f"{zh}；编号形如 GB/T 45288.1-2025 或 ISO/IEC 42001:2023",
    )


def _quoted(text: str) -> str:
    shown = "".join(c if c.isprintable() else "�" for c in text[:40])
    return f"“{shown}…”" if len(text) > 40 else f"“{shown}”"


def _after(mark: str, text: str | None) -> str:
    return f"{mark}{text}" if text else ""


def _joined(year: str | None, month: str | None) -> str | None:
    return f"{year}{month or ''}" if year else None


def _in_brackets(year: str | None, month: str | None) -> str:
    return f" ({month}/{year})" if month else _after(" (", year) + (")" if year else "")
