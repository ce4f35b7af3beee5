"""Eligibility over a real socket: records, CSV and workbooks in, bounded; rules, templates and procedures out."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from aistandards import eligibility, sources
from aistandards.api.eligibility import MAX_BYTES, MAX_RECORDS, XLSX
from applying import DAY, GOOD, ISSUED, project, table
from serving import serving

ASKED = [("as_of", str(DAY)), *[("issued", f"{slug}={day}") for slug, day in ISSUED.items()]]
Client = httpx.Client


@pytest.fixture(scope="module")
def client(store_folder: Path) -> Iterator[Client]:
    with serving(store_folder) as address, httpx.Client(base_url=f"{address}/api/v1", timeout=60) as found:
        yield found


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status and body["detail"] and body["detail_zh"]
    return body


def post(client: Client, content: bytes | str, kind: str = "application/json", **more: str) -> httpx.Response:
    return client.post("/eligibility", content=content, headers={"Content-Type": kind}, params=[*ASKED, *more.items()])


def test_json_csv_and_excel_give_the_answer_of_the_command(client: Client) -> None:
    rows = [project(name, application_id=f"A-{n}") for n, name in enumerate(GOOD)]
    source = sources.read(Path("applications.csv"), data=table(rows), kind="application")
    expected = eligibility.engine().answer(source, [], DAY, ISSUED)
    posted = post(client, json.dumps({"records": rows}, ensure_ascii=False))
    assert posted.status_code == 200 and "etag" not in posted.headers
    assert posted.json() == json.loads(json.dumps(expected))
    assert post(client, table(rows), "text/csv; charset=utf-8").json() == posted.json()
    book = openpyxl.Workbook()
    names = list(dict.fromkeys(name for row in rows for name in row))
    book.worksheets[0].append(names)
    for row in rows:
        book.worksheets[0].append([row.get(name) for name in names])
    out = io.BytesIO()
    book.save(out)
    assert post(client, out.getvalue(), XLSX).json() == posted.json()


def test_numbers_truth_and_lists_of_json_keep_what_was_written(client: Client) -> None:
    record = {
        **project("fj-application-scenario"),
        "consortium": ["甲公司", "乙医院", "丙学院"],
        "legal_person": True,
        "title": None,
        "construction_cost": 1234567.10,
    }
    text = json.dumps({"records": [record]}).replace("1234567.1", "1234567.100000000000000001")
    answer = post(client, text).json()
    [finding] = answer["findings"]
    assert finding["value"] == "1234567.100000000000000001" and finding["rule"] == "amount-form"
    [found] = [i for i in answer["items"] if i["measure"]]
    assert found["verdict"] == "eligible" and answer["conforms"] is False


def test_an_answer_as_csv_is_a_row_for_each_project_and_policy(client: Client) -> None:
    response = post(
        client, table([project("gyv-redemption")]), "text/csv", format="csv", policy="guiyang-vouchers-2024"
    )
    header, line = response.text.removeprefix("\ufeff").splitlines()
    cells = dict(zip(header.split(","), line.split(","), strict=True))
    assert (cells["verdict"], cells["amount"], cells["amount_thirty"]) == ("eligible", "30000.00", "300000.00")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ('{"records": []}', "application/json", 400),
        ('{"records": [1]}', "application/json", 400),
        ('{"records": [{"application_id": {"a": 1}}]}', "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ("", "text/csv", 400),
        (b"\x00\x01", "text/csv", 400),
        (b"PK nothing", XLSX, 400),
        ("application_id,applicant\nA-1,x\n", "text/plain", 415),
        ("application_id,applicant\nA-1,x\n", "", 415),
        ("x" * (MAX_BYTES + 1), "text/csv", 413),
    ],
)
def test_what_cannot_be_read_is_a_problem(client: Client, body: str | bytes, kind: str, status: int) -> None:
    problem(post(client, body, kind), status)


def test_records_are_bounded_in_number(client: Client) -> None:
    rows = [{"application_id": f"A-{n}", "applicant": "x", "kind": "data-supply"} for n in range(MAX_RECORDS + 1)]
    problem(post(client, table(rows), "text/csv"), 400)
    assert post(client, table(rows[:-1]), "text/csv", policy="guiyang-models-2024").json()["projects"] == MAX_RECORDS


@pytest.mark.parametrize(
    "query",
    [{"policy": "fujian"}, {"as_of": "2025-13-01"}, {"issued": "fujian-2024"}, {"nothing": "1"}, {"format": "xml"}],
)
def test_wrong_parameters_are_problems(client: Client, query: dict[str, str]) -> None:
    body = table([project("gyv-claim")])
    problem(client.post("/eligibility", content=body, headers={"Content-Type": "text/csv"}, params=query), 400)


def test_bad_cells_are_findings_and_no_error(client: Client) -> None:
    answer = post(
        client, json.dumps({"records": [project("gyv-claim", contract_price="100万元", colour="red")]})
    ).json()
    assert {(f["rule"], f["field"], f["suggestion"]) for f in answer["findings"] if f["rule"] != "read-column"} == {
        ("amount-unit", "contract_price", "1000000")
    }
    assert [f["value"] for f in answer["findings"] if f["rule"] == "read-column"] == ["colour"]


def test_the_rules_are_given_as_data(client: Client) -> None:
    answer = client.get("/eligibility", params={"policy": "guiyang-vouchers-2024"}).json()
    assert [item["measure"] for item in answer["items"]] == ["gyv-claim", "gyv-redemption"]
    readings = [(s["reading"], s["rate_percent"], s["cap"]) for s in answer["items"][1]["supports"]]
    assert readings == [("printed", "3", "2000000"), ("thirty", "30", "2000000")]
    assert "etag" in client.get("/eligibility").headers
    assert (
        client.get("/eligibility", params={"format": "csv"})
        .text.removeprefix("\ufeff")
        .startswith("measure,policy,condition,clause")
    )
    problem(client.get("/eligibility", params={"policy": "x"}), 400)


def test_templates_come_in_both_forms_and_languages(client: Client) -> None:
    found = client.get("/eligibility/template", params={"lang": "zh", "policy": "fujian-2024"})
    assert found.content.decode("utf-8-sig").startswith("申报编号,申报主体")
    assert 'filename="applications-zh.csv"' in found.headers["content-disposition"]
    found = client.get("/eligibility/template", params={"format": "xlsx", "lang": "en"})
    assert found.headers["content-type"] == XLSX
    assert openpyxl.load_workbook(io.BytesIO(found.content)).worksheets[0]["B1"].value == "applicant"
    problem(client.get("/eligibility/template", params={"format": "ods"}), 400)


def test_procedures_over_http(client: Client) -> None:
    answer = client.get("/eligibility/procedure/fujian-2024", params={"step": "publication", "on": "2025-09-24"}).json()
    assert {row["step"]: row["earliest"] for row in answer["steps"]}["announcement"] == "2025-10-09"
    problem(client.get("/eligibility/procedure/fujian-2024", params={"step": "x"}), 400)
    problem(client.get("/eligibility/procedure/nothing"), 400)
