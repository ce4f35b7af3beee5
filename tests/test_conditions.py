"""Three values: filling what is missing never changes what was decided, and only what two fillings decide otherwise is open."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from itertools import product

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aistandards import eligibility, pipeline
from aistandards.conditions import Branch, Condition, Given, Judge, Value
from aistandards.dates import months_after
from aistandards.errors import SourceError
from aistandards.measures import Measures
from applying import BAD, DAY, GOOD, item, judge, project, table

ENGINE = eligibility.engine()
CODES = {"c": ("x", "y", "z"), "b": (True, False)}
# all that the properties of the made-up conditions below can be, for trying out every way of filling them
WHOLE: dict[str, list[tuple[Value, ...]]] = {
    "c": [("x",), ("y",), ("z",)],
    "b": [(True,), (False,)],
    "n": [(Decimal(n),) for n in ("0", "0.99", "1", "1.5", "2", "2.01", "3", "4")],
    "m": [tuple(f"p{i}" for i in range(length)) for length in range(1, 5)],
}


@st.composite
def made_up_tests(draw: st.DrawFn) -> Branch:
    match draw(st.sampled_from("cbnm")):
        case "c":
            return Branch("c", one_of=tuple(draw(st.sets(st.sampled_from("xyz"), min_size=1))))
        case "b":
            return Branch("b", one_of=(draw(st.booleans()),))
        case "m":
            return Branch("m", max_count=draw(st.integers(1, 3)))
    bound = Decimal(draw(st.sampled_from(["1", "2", "3"])))
    of = [Branch("n", at_least=bound), Branch("n", more_than=bound), Branch("n", at_most=bound)]
    return draw(st.sampled_from([*of, Branch("n", less_than=bound)]))


@st.composite
def made_up_conditions(draw: st.DrawFn) -> list[Condition]:
    many = draw(st.lists(st.lists(made_up_tests(), min_size=1, max_size=3), min_size=1, max_size=5))
    return [Condition(f"i{n}", f"c{n}", n, "k", "p/1", "", "", tuple(tests)) for n, tests in enumerate(many)]


def plainly(conditions: list[Condition], facts: Given) -> bool:
    """The verdict on a record that says everything, by the words of the tests, without three values."""

    def holds(test: Branch) -> bool:
        values = facts[test.path]
        numbers = [value for value in values if isinstance(value, Decimal)]
        return (
            (not test.one_of or all(value in test.one_of for value in values))
            and (test.max_count is None or len(values) <= test.max_count)
            and (test.at_least is None or min(numbers) >= test.at_least)
            and (test.more_than is None or min(numbers) > test.more_than)
            and (test.at_most is None or max(numbers) <= test.at_most)
            and (test.less_than is None or max(numbers) < test.less_than)
        )

    return all(any(holds(test) for test in condition.branches) for condition in conditions)


@settings(max_examples=300, deadline=None)
@given(made_up_conditions(), st.data())
def test_the_verdict_is_open_exactly_where_two_fillings_differ(
    conditions: list[Condition], data: st.DataObject
) -> None:
    facts = {path: data.draw(st.sampled_from(values)) for path, values in WHOLE.items() if data.draw(st.booleans())}
    judged = Judge(CODES).judge(conditions, facts, DAY)
    missing = [path for path in WHOLE if path not in facts]
    fillings = [dict(zip(missing, filling, strict=True)) for filling in product(*(WHOLE[path] for path in missing))]
    outcomes = {plainly(conditions, {**facts, **filling}) for filling in fillings}
    assert judged.verdict is (None if len(outcomes) == 2 else next(iter(outcomes)))
    if judged.verdict is None:  # what is named as missing is enough to decide
        for filling in fillings[:20]:
            named = {path: value for path, value in filling.items() if path in judged.missing}
            assert Judge(CODES).judge(conditions, {**facts, **named}, DAY).verdict is not None


@settings(max_examples=200, deadline=None)
@given(made_up_conditions(), st.data())
def test_a_condition_that_is_decided_stays_so(conditions: list[Condition], data: st.DataObject) -> None:
    facts = {path: data.draw(st.sampled_from(values)) for path, values in WHOLE.items() if data.draw(st.booleans())}
    whole = {**{path: data.draw(st.sampled_from(values)) for path, values in WHOLE.items()}, **facts}
    before, after = (Judge(CODES).judge(conditions, known, DAY) for known in (facts, whole))
    for one, other in zip(before.holds, after.holds, strict=True):
        assert one is None or one is other
    assert after.verdict is not None and before.verdict in (None, after.verdict)


DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@settings(max_examples=200, deadline=None)
@given(DAYS, DAYS, DAYS, st.sampled_from([(), ("issued",), ("used",), ("issued", "used")]), st.booleans())
def test_periods_between_two_days(issued: date, used: date, day: date, gone: tuple[str, ...], barred: bool) -> None:
    period = Condition("1", "period", 1, "k", "p/1", "", "", (Branch("used", within_months=3, since="issued"),))
    order = Condition("2", "order", 2, "k", "p/1", "", "", (Branch("issued", not_after="used"),))
    bar = Condition(
        "3", "bar", 3, "k", "p/1", "", "", (Branch("claim", one_of=(False,)), Branch("found", years_past=3))
    )
    facts: dict[str, tuple[Value, ...]] = {"issued": (issued,), "used": (used,), "claim": (barred,), "found": (issued,)}
    judged = Judge({"claim": (True, False)}).judge(
        [period, order, bar], {k: v for k, v in facts.items() if k not in gone}, day
    )
    free = not barred or not issued <= day <= months_after(issued, 36)
    if not free:
        assert judged.verdict is False
    elif gone:
        assert judged.verdict is None and set(judged.missing) == set(gone)
    else:
        assert judged.verdict is (issued <= used <= months_after(issued, 3))


# ---------------------------------------------------------------- the conditions of the texts

MEASURES = {measure.name: measure for measure in ENGINE.measures.all}
TEXT = "甲公司;乙医院;丙学院"


def columns(measure: str) -> list[str]:
    paths = dict.fromkeys(path for condition in MEASURES[measure].conditions for path in condition.paths)
    return [eligibility.column_of(path).name for path in paths]


@st.composite
def partial(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """A measure and a project of its kind that says some of what is asked, some of it such that a condition breaks."""
    measure = draw(st.sampled_from(sorted(GOOD)))
    row = project(measure)
    for column in columns(measure):
        match draw(st.sampled_from(["good", "good", "good", "missing", "bad"])):
            case "missing":
                row[column] = ""
            case "bad":
                row[column] = draw(fillings(column))
    return measure, row


def fillings(column: str) -> st.SearchStrategy[str]:
    """Cells that a column can hold."""
    described = eligibility.column_of(
        next(c.property for c in eligibility.application_table().columns if c.name == column)
    )
    match described.kind:
        case "boolean":
            return st.sampled_from(["yes", "no"])
        case "code":
            return st.sampled_from(
                sorted({iri.rsplit("/", 1)[1] for iri in ENGINE.codes.lists[described.scheme or ""].values()})
            )
        case "day":
            return st.dates(date(2022, 1, 1), date(2025, 12, 31)).map(str)
        case "members":
            return st.sampled_from(["甲公司", "甲公司;乙医院", TEXT, TEXT + ";丁所"])
    good = next((cells[column] for _, cells in GOOD.values() if column in cells), "1")
    whole = ["0", "1", "20", "21", "100", "300000", "2000000"]
    parts = [] if described.unit == "1" else ["0.01", "99.99", "5000000.01"]
    return st.sampled_from([good, BAD.get(column, good), *whole, *parts])


@settings(max_examples=250, deadline=None)
@given(partial(), st.data())
def test_filling_in_a_project_never_changes_what_was_decided(
    case: tuple[str, dict[str, str]], data: st.DataObject
) -> None:
    measure, row = case
    found = item(measure, row)
    full = {**row, **{name: data.draw(fillings(name), name) for name in columns(measure) if not row.get(name)}}
    filled = item(measure, full)
    assert filled["would_be"] != "cannot-tell" and filled["missing"] == []
    assert found["would_be"] in ("cannot-tell", filled["would_be"])
    if found["would_be"] == "cannot-tell":
        assert found["missing"] and all(not row.get(name) for name in found["missing"])


def best_of(measure: str, row: dict[str, str]) -> str:
    """The best verdict that a reader of the text can reach by writing into the empty cells of a project."""
    found: set[str] = set()
    for who in ["", *sorted(allowed("applicant_type"))]:
        for role in ["", *sorted(allowed("applicant_role"))]:
            wish = {"false_claim_on": "2020-01-01", "consortium": TEXT, "applicant_type": who, "applicant_role": role}
            full = {**project(measure), **{name: cell for name, cell in wish.items() if cell}}
            full |= {name: cell for name, cell in row.items() if cell}
            if bool(row.get("voucher_issued")) != bool(row.get("voucher_used")):
                full["voucher_issued"] = full["voucher_used"] = row.get("voucher_issued") or row["voucher_used"]
            found.add(str(item(measure, full)["would_be"]))
    return min(found, key=["eligible", "cannot-tell", "not-eligible"].index)


def spoilt(measure: str, row: dict[str, str], missing: list[str]) -> set[str]:
    """What a project can become where the cells that are said to be missing are filled in against it."""
    worst = {"voucher_issued": "2030-01-01", "voucher_used": "2035-01-01", "false_claim_on": str(DAY)}
    wishes = [{name: worst.get(name, BAD.get(name, "no")) for name in missing}]
    wishes += [{**wishes[0], "applicant_role": "technology-supplier"}, {**wishes[0], "applicant_type": "enterprise"}]
    return {item(measure, {**wish, **{n: c for n, c in row.items() if c}})["would_be"] for wish in wishes}


@settings(max_examples=150, deadline=None)
@given(partial())
def test_what_cannot_be_told_can_become_either(case: tuple[str, dict[str, str]]) -> None:
    measure, row = case
    found = item(measure, row)
    if found["would_be"] == "cannot-tell":
        assert best_of(measure, row) == "eligible"
        assert "not-eligible" in spoilt(measure, row, found["missing"]), (row, found["missing"])
    else:
        assert best_of(measure, row) == found["would_be"]


def path_of(name: str) -> str:
    return next(column.property for column in eligibility.application_table().columns if column.name == name)


def allowed(name: str) -> set[str]:
    scheme = eligibility.column_of(path_of(name)).scheme
    return {iri.rsplit("/", 1)[1] for iri in ENGINE.codes.lists.get(scheme or "", {}).values()}


# ---------------------------------------------------------------- SHACL says the same


@settings(max_examples=3, deadline=None)
@given(st.lists(partial(), min_size=40, max_size=40))
def test_a_standard_validator_finds_the_conditions_that_fail(
    tmp_path_factory: pytest.TempPathFactory, cases: list[tuple[str, dict[str, str]]]
) -> None:
    """pySHACL over the shapes and our three values over the same shapes agree on every condition that fails."""
    rows = [{**row, "application_id": f"A-{n}"} for n, (_, row) in enumerate(cases)]
    path = tmp_path_factory.mktemp("many") / "applications.csv"
    path.write_bytes(table(rows))
    report = pipeline.validate_paths([str(path)], stdin=io.BytesIO()).report
    shaped = {(f.line, f.rule) for f in report.findings if f.rule.startswith(("fj-", "gym-", "gyv-"))}
    ours = {
        (found["line"], condition["condition"])
        for found in judge(rows)["items"]
        for condition in found["conditions"]
        if condition["holds"] is False and condition["condition"] not in ("fj-false-claim", "gyv-voucher-period")
    }
    assert ours == shaped


def test_a_constraint_that_three_values_do_not_know_is_refused() -> None:
    store = ox.Store()
    store.extend(ENGINE.model)
    extra = """
    @prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ais: <https://w3id.org/aistandards/ontology#> .
    <https://example.org/s#odd> a sh:PropertyShape ; sh:targetClass ais:FujianProject ; sh:path ais:sector ; sh:pattern "x" ;
      sh:order 1 ; <http://purl.org/dc/terms/source> <https://w3id.org/aistandards/id/policy/fujian-2024/3> ; sh:message "x"@en .
    """
    store.load(extra, format=ox.RdfFormat.TURTLE)
    with pytest.raises(SourceError, match="sh:pattern"):
        Measures(store)


@pytest.mark.parametrize(
    ("day", "months", "last"),
    [
        (date(2024, 11, 30), 3, date(2025, 2, 28)),
        (date(2023, 11, 30), 3, date(2024, 2, 29)),
        (date(2024, 2, 29), 36, date(2027, 2, 28)),
        (date(2024, 12, 31), 1, date(2025, 1, 31)),
        (date(2024, 3, 31), -1, date(2024, 2, 29)),
        (date(9999, 12, 1), 1, date.max),
        (date(1, 1, 1), -1, date.min),
    ],
)
def test_a_period_of_months_ends_on_the_same_day_or_the_last_of_the_month(day: date, months: int, last: date) -> None:
    assert months_after(day, months) == last
