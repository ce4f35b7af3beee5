"""Standard numbers and plan numbers: case files, properties, and every number in the data."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistandards.errors import NumberError
from aistandards.identifiers import (
    PlanNumber,
    StandardNumber,
    loose_key,
    normalise,
    parse,
    parse_plan,
    try_parse,
    try_parse_plan,
)

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests" / "cases"
NUMBER_COLUMNS = (
    "number",
    "adopts",
    "replaces",
    "result_number",
    "from_number",
    "to_number",
    "national_number",
    "international_number",
)
PLAN_COLUMNS = ("id", "plan_number")
LEAST_VALID, LEAST_INVALID, LEAST_PLANS, LEAST_IN_DATA = 292, 171, 17, 1_250  # may only grow


def unescape(text: str) -> str:
    """Read the escapes of the case files."""
    plain = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}
    return re.sub(
        r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|([nrt\\]))",
        lambda m: plain[m[3]] if m[3] else chr(int(m[1] or m[2], 16)),
        text,
    )


def lines_of(name: str) -> list[str]:
    """The cases of a file, without comments."""
    lines = (CASES / name).read_text(encoding="utf-8").split("\n")
    return [line for line in lines if line and not line.startswith("#")]


def triples_of(name: str) -> list[tuple[str, str, str]]:
    """The cases `written => normalised => slug` of a file."""
    triples = [line.split(" => ") for line in lines_of(name)]
    return [(unescape(written), normal, slug) for written, normal, slug in triples]


def decoys() -> list[str]:
    """The texts of numbers-invalid.txt; `TEXT   * N` is the text N times."""
    pairs = [re.fullmatch(r"(.*)   \* (\d+)", line) for line in lines_of("numbers-invalid.txt")]
    return [
        unescape(found[1]) * int(found[2]) if found else unescape(line)
        for found, line in zip(pairs, lines_of("numbers-invalid.txt"), strict=True)
    ]


VALID, PLANS, DECOYS = triples_of("numbers-valid.txt"), triples_of("plans-valid.txt"), decoys()
NOT_NUMBERS = dict(line.split(" => ") for line in lines_of("not-numbers.txt"))


def test_case_files_do_not_shrink() -> None:
    assert len(VALID) >= LEAST_VALID
    assert len(DECOYS) >= LEAST_INVALID
    assert len(PLANS) >= LEAST_PLANS


@pytest.mark.parametrize(("written", "normal", "slug"), VALID)
def test_a_spelling_is_read(written: str, normal: str, slug: str) -> None:
    number = parse(written)
    assert number.render() == str(number) == normal
    assert number.slug == slug
    assert parse(normal) == parse(slug) == number
    assert parse(normal).render() == normal


@pytest.mark.parametrize("text", ["", *DECOYS], ids=lambda text: ascii(text[:40]))
def test_a_decoy_is_refused_quickly(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(NumberError) as caught:
        parse(text)
    assert time.perf_counter() - start < 0.5
    assert caught.value.text == text
    assert caught.value.en and caught.value.zh and caught.value.en != caught.value.zh
    assert caught.value.en.isprintable() and caught.value.zh.isprintable()
    assert try_parse(text) is None


@pytest.mark.parametrize(
    ("text", "en", "zh"),
    [
        ("GV/T 45288.1-2025", "did you mean GB/T?", "是否为 GB/T？"),
        ("ISO/ICE 42001:2023", "did you mean ISO/IEC?", "是否为 ISO/IEC？"),
        ("GB/T 1-20255", "after GB/T write digits", "GB/T 之后应为顺序号"),
        ("GB/T 45288.1-2025 人工智能", "write only GB/T 45288.1-2025", "请只写 GB/T 45288.1-2025"),
        ("20241767-T-469", "plan project", "计划号"),
        ("", "the number is empty", "编号为空"),
        ("1" * 201, "at most 200 characters", "不超过 200 个字符"),
        ("GB/T\x001", "U+0000", "U+0000"),
    ],
)
def test_a_refusal_names_the_fix(text: str, en: str, zh: str) -> None:
    with pytest.raises(NumberError) as caught:
        parse(text)
    assert en in caught.value.en
    assert zh in caught.value.zh


# --- parts of a number


@pytest.mark.parametrize(
    ("text", "publisher", "code", "digits", "part", "year"),
    [
        ("GB/T 45288.1-2025", "GB/T", "GB", "45288", "1", "2025"),
        ("GB 45438-2025", "GB", "GB", "45438", None, "2025"),
        ("GB/Z 185.1", "GB/Z", "GB", "185", "1", None),
        ("YD/T 4392.1-2023", "YD/T", "YD", "4392", "1", "2023"),
        ("DB11/T 2329.1-2024", "DB11/T", "DB11", "2329", "1", "2024"),
        ("T/CESA 1169-2021", "T/CESA", "T/CESA", "1169", None, "2021"),
        ("AIIA/PG 0113", "AIIA/PG", "AIIA", "0113", None, None),
        ("ISO/IEC TR 24029-1:2021", "ISO/IEC TR", "ISO/IEC", "24029", "1", "2021"),
        ("ISO/CD TR 12786.2", "ISO/CD TR", "ISO", "12786", None, None),
        ("ITU-T F.748.43 (03/2025)", "ITU-T", "ITU-T", "748", "43", "2025"),
        ("IEEE Std 2807.1-2024", "IEEE Std", "IEEE", "2807", "1", "2024"),
        ("ETSI TS 104 158-1 V1.1.1 (2026-03)", "ETSI TS", "ETSI", "104158", "1", "2026"),
        ("EN ISO/IEC 22989:2023", "EN ISO/IEC", "EN", "22989", None, "2023"),
        ("CEN/CLC/TR 18115:2024", "CEN/CLC/TR", "CEN/CLC", "18115", None, "2024"),
    ],
)
def test_the_fields(text: str, publisher: str, code: str, digits: str, part: str | None, year: str | None) -> None:
    number = parse(text)
    assert (number.publisher, number.code, number.digits, number.part, number.year) == (
        publisher,
        code,
        digits,
        part,
        year,
    )


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("ISO/IEC DIS 23282", "DIS"),
        ("ISO/IEC CD TS 22440-1", "CD"),
        ("prEN 18228", "pr"),
        ("IEEE P2846a", "P"),
        ("FprEN ISO/IEC 24970", "Fpr"),
        ("ISO/IEC 42001:2023", None),
        ("GB/T 45288.1-2025", None),
    ],
)
def test_a_draft_has_its_stage(text: str, stage: str | None) -> None:
    assert parse(text).stage == stage


@pytest.mark.parametrize(
    ("text", "series", "slug"),
    [
        ("GB/T 45288.1-2025", "GB/T 45288", "gbt-45288"),
        ("GB/T 45288.1", "GB/T 45288", "gbt-45288"),
        ("GB/T 45288", None, None),
        ("GB 45438-2025", None, None),
        ("T/TAF 268.1-2025", "T/TAF 268", "t-taf-268"),
        ("ISO/IEC 5259-1:2024", "ISO/IEC 5259", "isoiec-5259"),
        ("ISO/IEC TR 24029-1:2021", "ISO/IEC 24029", "isoiec-24029"),
        ("ISO/IEC CD TS 22440-1", "ISO/IEC 22440", "isoiec-22440"),
        ("ISO/IEC DTS 42119-3.2", "ISO/IEC 42119", "isoiec-42119"),
        ("ISO/TR 22100-5:2021", "ISO 22100", "iso-22100"),
        ("prEN 18229-1", "prEN 18229", "pren-18229"),
        ("ETSI TS 104 158-1 V1.1.1 (2026-03)", "ETSI TS 104 158", "etsi-ts-104158"),
        ("ITU-T F.748.43 (03/2025)", None, None),
        ("IEEE Std 2807.1-2024", None, None),
        ("ISO/IEC 5259-1:2024/Amd 1:2026", None, None),
    ],
)
def test_a_part_knows_its_series(text: str, series: str | None, slug: str | None) -> None:
    assert parse(text).series == series
    assert parse(text).series_slug == slug


@pytest.mark.parametrize(
    ("text", "undated"),
    [
        ("GB/T 45288.1-2025", "GB/T 45288.1"),
        ("ISO/IEC 42001:2023", "ISO/IEC 42001"),
        ("ITU-T H.626.5 (V2) (03/2022)", "ITU-T H.626.5"),
        ("ITU-T Y Suppl. 55 (10/2019)", "ITU-T Y Suppl. 55"),
        ("ETSI GR ENI 004 V2.2.1 (2021-12)", "ETSI GR ENI 004"),
        ("IEEE Std 2801-2022", "IEEE Std 2801"),
        ("GB 2312-80", "GB 2312"),
        ("ISO/IEC DTS 42119-3.2", "ISO/IEC DTS 42119-3.2"),
    ],
)
def test_an_undated_number_drops_the_edition_only(text: str, undated: str) -> None:
    assert parse(text).undated.render() == undated
    assert not parse(text).undated.is_dated
    assert parse(text).is_dated == (text != undated)


@pytest.mark.parametrize(
    ("text", "undated"),
    [
        ("ISO/IEC 22989:2022/Amd 1:2025", "ISO/IEC 22989:2022/Amd 1"),
        ("ITU-T M.3080 (2021) Amd. 1 (10/2025)", "ITU-T M.3080 (2021) Amd. 1"),
        ("EN ISO/IEC 22989:2023/prA1:2025", "EN ISO/IEC 22989:2023/prA1"),
        ("GB 4943.1-2011/XG1-2012", "GB 4943.1-2011/XG1"),
    ],
)
def test_an_amendment_keeps_its_base(text: str, undated: str) -> None:
    assert parse(text).is_dated
    assert parse(text).undated.render() == undated
    assert not parse(undated).is_dated


def test_chinese_numbers_are_told_apart() -> None:
    for text in ("GB/T 1", "YD/T 1", "DB11/T 1", "T/CESA 1", "AIIA/T 1", "Q/GDW 1"):
        assert parse(text).is_chinese
    for text in ("ISO 42001", "IEEE 2801", "Y.3172", "ETSI TS 104 223", "EN 18286", "ГОСТ Р 71540-2024"):
        assert not parse(text).is_chinese


def test_loose_keys_do_not_see_the_joint_publisher() -> None:
    def same(one: str, other: str) -> bool:
        return loose_key(parse(one)) == loose_key(parse(other))

    assert same("ISO 42001:2023", "ISO/IEC 42001:2023")
    assert same("ISO/TS 12791", "ISO/IEC/TS 12791")
    assert same("EN ISO 22989", "EN ISO/IEC 22989")
    assert same("ISO/IEC/IEEE 24748-7000:2022", "ISO 24748-7000:2022")
    assert same("IEC 60079-30-1", "IEC/IEEE 60079-30-1")
    assert not same("ISO/IEC DIS 23282", "ISO/IEC 23282")
    assert not same("ISO/IEC TS 25058", "ISO/IEC 25058")
    assert not same("ISO/IEC 42001:2023", "ISO/IEC 42001")
    assert not same("EN ISO/IEC 22989", "ISO/IEC 22989")
    assert not same("IEC 42001", "ISO/IEC 42001")
    assert not same("GB/T 45288.1", "GB 45288.1")


def test_equality_is_that_of_slugs() -> None:
    version, dated = parse("ETSI TS 104 223 V1.1.1"), parse("ETSI TS 104 223 V1.1.1 (2025-04)")
    assert version == dated and len({version, dated}) == 1
    assert parse("GB/T 1") != parse("GB 1")
    assert parse("GB/T 1") != "GB/T 1"


def test_no_year_is_added() -> None:
    for _, normal, _ in VALID:
        assert parse(normal).undated.year is None or parse(normal).amendment
    assert parse("GB 2312-80").year == "80"


# --- plan numbers


@pytest.mark.parametrize(("written", "normal", "slug"), PLANS)
def test_a_plan_number_is_read(written: str, normal: str, slug: str) -> None:
    plan = parse_plan(written)
    assert plan.render() == str(plan) == normal
    assert plan.slug == slug
    assert parse_plan(slug) == parse_plan(normal) == plan
    assert try_parse(written) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20241767",
        "20241767-T",
        "2024176-T-469",
        "18241767-T-469",
        "2026-1076-YD",
        "x-c1",
        "GB/T 45288.1-2025",
        "2025-07-01",
        "010-82261234",
        "20241767-T-469\x00",
        "1" * 100_000,
    ],
)
def test_what_is_no_plan_number_is_refused(text: str) -> None:
    with pytest.raises(NumberError) as caught:
        parse_plan(text)
    assert caught.value.text == text and caught.value.en and caught.value.zh
    assert try_parse_plan(text) is None


def test_plan_numbers_have_their_fields() -> None:
    assert parse_plan("20241767-T-469") == PlanNumber("1767", "469", "2024", "T")
    assert parse_plan("2026-1076T-YD") == PlanNumber("1076", "YD", "2026", "T")
    assert parse_plan("x-c0001") == PlanNumber("0001", "c")


# --- properties

YEARS = st.integers(1950, 2049).map(str)
MONTHS = st.integers(1, 12).map("{:02}".format)
DIGITS = st.integers(100, 999_999).map(str)
SMALL = st.integers(1, 99).map(str)


def joined(*pieces: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
    """Text put together from pieces."""
    return st.tuples(*(st.just(p) if isinstance(p, str) else p for p in pieces)).map("".join)


def maybe(*pieces: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
    """The pieces, or nothing."""
    return st.one_of(st.just(""), joined(*pieces))


def one_of(words: str) -> st.SearchStrategy[str]:
    """One of the words between commas."""
    return st.sampled_from(words.split(","))


CHINESE = joined(
    st.one_of(
        one_of("GB,GB/T,GB/Z,YD/T,SJ/T,SJ,GA/T,GA,GA/Z,JR/T,YY,AIIA/T,AIIA/PG,DB11/T,DB4403/T,JGJ/T"),
        st.from_regex(r"[TQ]/[A-Z]{2,8}", fullmatch=True),
    ),
    " ",
    DIGITS,
    maybe(".", SMALL),
    maybe("-", YEARS),
)
ISO = st.one_of(
    joined(
        one_of(
            "ISO,ISO/IEC,IEC,ISO/IEC/IEEE,ISO/TR,ISO/PAS,ISO/IEC TR,ISO/IEC TS,IEC SRD,EN,EN ISO/IEC,"
            "CEN/CLC/TR,BS EN ISO/IEC,UNE-ISO/IEC,IS/ISO/IEC,BS ISO/TS"
        ),
        " ",
        DIGITS,
        maybe("-", SMALL),
        maybe(":", YEARS),
    ),
    joined(
        one_of("ISO/IEC DIS,ISO/CD TR,ISO/IEC CD TS,ISO/IEC DTS,ISO/FDIS,prEN,FprEN ISO/IEC,prCEN/CLC ISO/IEC/TS"),
        " ",
        DIGITS,
        maybe("-", SMALL),
    ),
    joined(
        "ISO/IEC ", DIGITS, ":", YEARS, "/", one_of("Amd ,DAmd ,FDAmd ,CD Amd ,AWI Amd ,Cor "), SMALL, maybe(":", YEARS)
    ),
)
OTHERS = st.one_of(
    joined(
        "ITU-T ",
        one_of("F,H,L,M,Q,X,Y"),
        ".",
        DIGITS.map(lambda d: d[:5]),
        maybe(".", SMALL),
        maybe(" (V", SMALL, ")"),
        maybe(" (", MONTHS, "/", YEARS, ")"),
    ),
    joined("ITU-T ", one_of("F,H,L,X,Y"), " Suppl. ", SMALL, maybe(" (", MONTHS, "/", YEARS, ")")),
    joined("ITU-T Y.", SMALL, " (", YEARS, ") Amd. ", SMALL, " (", MONTHS, "/", YEARS, ")"),
    joined("IEEE Std ", SMALL, maybe(".", SMALL), maybe("-", YEARS)),
    joined("IEEE P", SMALL, one_of(",a,b"), maybe(".", SMALL)),
    joined(
        one_of("ETSI TS,ETSI EN"),
        " 104 ",
        st.integers(100, 999).map(str),
        maybe("-", SMALL),
        maybe(" V1.", SMALL, ".1 (", YEARS, "-", MONTHS, ")"),
    ),
    joined("ETSI GR ", one_of("ENI,SAI,NFV-EVE"), " 0", st.integers(10, 99).map(str), maybe(" V2.1.1")),
    joined("ГОСТ Р ", DIGITS, "-", YEARS),
)
NUMBERS = st.one_of(CHINESE, ISO, OTHERS)


@given(NUMBERS)
def test_render_undoes_parse(text: str) -> None:
    number = parse(text)
    assert number.render() == text
    assert parse(number.slug) == number
    assert parse(number.slug).slug == number.slug == number.slug.lower()
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*[a-z0-9]", number.slug)
    assert parse(number.undated.render()) == number.undated == parse(number.undated.slug)
    if number.series:
        assert parse(number.series).slug == number.series_slug


def noisy(text: str, data: st.DataObject) -> str:
    """The same number as people write it."""

    def pick(*options: str) -> str:
        return data.draw(st.sampled_from(options))

    blank = ("", " ", "  ")
    alike = {"-": "-－—–‐−‑―", "/": "/／∕⁄", ".": ".．", ":": ":：", " ": " \u00a0\u3000\u2009", "(": "(（", ")": ")）"}
    spaced = "".join(
        f"{pick(*blank)}{c}{pick(*blank)}" if c in "-/.:()" else c * len(pick(c, c + c)) if c == " " else c
        for c in text
    )
    written = "".join(pick(*alike[c]) if c in alike else pick(c, c.swapcase()) for c in spaced)
    if data.draw(st.booleans()):
        written = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and data.draw(st.booleans()) else c for c in written)
    opening, closing = data.draw(st.sampled_from([("", ""), ("《", "》"), ("“", "”"), (" ", "\n"), ("（", "）")]))
    return f"{opening}{written}{closing}"


@given(NUMBERS, st.data())
def test_noise_changes_nothing(text: str, data: st.DataObject) -> None:
    assert normalise(noisy(text, data)) == text


@given(st.one_of(CHINESE, ISO))
def test_the_blank_after_the_prefix_may_be_missing(text: str) -> None:
    assert normalise(re.sub(r" (?=\d)", "", text, count=1)) == text


@given(
    st.one_of(
        st.text(max_size=300),
        st.text("GBTISOECYDAIUR/.-:() 0123456789", max_size=200),
        joined(one_of("GB/T ,ISO/IEC ,ITU-T ,IEEE ,ETSI TS ,T/,Q/,DB,EN ,BS "), st.text(max_size=60)),
    )
)
def test_any_text_is_read_or_refused_quickly(text: str) -> None:
    start = time.perf_counter()
    try:
        number = parse(text)
    except NumberError as error:
        assert error.text == text and error.en and error.zh
    else:
        assert normalise(number.render()) == number.render()
        assert parse(number.slug) == number
    assert (try_parse_plan(text) is None) or (try_parse(text) is None)
    assert time.perf_counter() - start < 0.5


# --- the data


def cells(columns: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Every value of the columns in data/*.csv with the file it stands in; doubtful rows are out of scope."""
    for path in sorted((ROOT / "data").glob("*.csv")):
        if path.name in (
            "doubtful.csv",
            "clauses.csv",
            "policies.csv",
        ):  # doubtful rows; numbers of clauses and documents
            continue
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                for column in columns:
                    for value in (row.get(column) or "").split(";"):
                        if value.strip():
                            yield value.strip(), path.name


@cache
def numbers_in_data() -> tuple[str, ...]:
    found = tuple(sorted({value for value, _ in cells(NUMBER_COLUMNS)} - NOT_NUMBERS.keys()))
    if not found:
        pytest.skip("data/ is empty")
    return found


def test_every_number_in_the_data_is_in_its_normal_form() -> None:
    numbers = numbers_in_data()
    assert len(numbers) >= LEAST_IN_DATA
    wrong = {text: str(try_parse(text)) for text in numbers if str(try_parse(text)) != text}
    assert wrong == {}


def test_slugs_are_injective_over_the_data() -> None:
    slugs: dict[str, str] = {}
    for text in numbers_in_data():
        for number in (parse(text), parse(text).undated):
            assert slugs.setdefault(number.slug, number.render()) == number.render()
    series = {parse(text).series_slug: parse(text).series for text in numbers_in_data()}
    assert len(set(series.values())) == len(series)


def test_every_number_in_the_data_is_found_by_its_slug() -> None:
    lost = [text for text in numbers_in_data() if try_parse(parse(text).slug) != parse(text)]
    assert lost == []
    changed = [text for text in numbers_in_data() if parse(parse(text).slug).render() != text]
    assert all(parse(text).family == "etsi" for text in changed)  # the version stands for its month


def test_every_plan_number_in_the_data_is_read() -> None:
    numbers_in_data()
    plans = {value for value, name in cells(PLAN_COLUMNS) if name.startswith(("projects-", "standards-"))}
    for text in plans - NOT_NUMBERS.keys():
        plan, number = try_parse_plan(text), try_parse(text)
        assert (plan is None) != (number is None), text
        assert str(plan or number) == text


def test_stand_ins_are_no_numbers_and_have_a_reason() -> None:
    for text, reason in NOT_NUMBERS.items():
        assert try_parse(text) is None
        assert reason.strip()


def test_numbers_are_frozen() -> None:
    with pytest.raises(AttributeError):
        parse("GB/T 1").digits = "2"  # type: ignore[misc]
    assert isinstance(parse("GB/T 1"), StandardNumber)
