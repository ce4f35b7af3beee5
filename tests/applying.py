"""Made-up projects that ask for support: one that satisfies every condition of each measure, and how to judge them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from aistandards import eligibility, sources

DAY = date(2025, 6, 2)
ISSUED = {
    "fujian-2024": date(2024, 3, 1),
    "guiyang-models-2024": date(2024, 3, 1),
    "guiyang-vouchers-2024": date(2024, 3, 1),
}
YES, NO = "yes", "no"
FUJIAN = {
    "operates_in_fujian": YES,
    "legal_person": YES,
    "sound_finances": YES,
    "clean_record": YES,
    "no_gang_crime": YES,
    "not_blacklisted": YES,
    "false_claim": NO,
}
GUIYANG = {
    "applicant_type": "enterprise",
    "registered_in_guiyang": YES,
    "legal_person": YES,
    "sound_accounts": YES,
    "good_credit": YES,
}
CLAIM = {
    "guiyang_compute": YES,
    "provider_registered": YES,
    "provider_on_platform": YES,
    "trades_on_platform": YES,
    "real_transaction": YES,
    "voucher_group": "local",
    "provider_recognised": YES,
}
# for each measure: its kind and cells that satisfy every condition, as a reader of the text would fill them in
GOOD: dict[str, tuple[str, dict[str, str]]] = {
    "fj-compute-construction": (
        "compute-construction",
        {**FUJIAN, "sector": "industrial", "new_compute": "100", "gpu_based": YES},
    ),
    "fj-compute-purchase": (
        "compute-purchase",
        {
            **FUJIAN,
            "sector": "software-it",
            "compute_purchase": "300000",
            "direct_purchase": YES,
            "own_model": YES,
            "model_in_training": YES,
        },
    ),
    "fj-leading-software": (
        "leading-software",
        {
            **FUJIAN,
            "sector": "software-it",
            "long_term_focus": YES,
            "core_technology": YES,
            "ai_software_main": YES,
            "strong_innovation": YES,
            "rd_bodies": "1",
        },
    ),
    "fj-quality-product": (
        "quality-product",
        {
            **FUJIAN,
            "sector": "industrial",
            "product_function": YES,
            "own_ip": YES,
            "product_leading": YES,
            "product_in_use": YES,
        },
    ),
    "fj-application-scenario": (
        "application-scenario",
        {
            **FUJIAN,
            "applicant_role": "technology-supplier",
            "user_in_consortium": YES,
            "consortium": "甲公司;乙医院;丙学院",
            "mature_technology": YES,
            "scenario_in_fujian": YES,
            "scenario_effect": YES,
        },
    ),
    "gym-voucher": (
        "compute-voucher",
        {"applicant_type": "university", "guiyang_compute": YES, "for_training": YES},
    ),
    "gym-large-model": (
        "large-model",
        {
            **GUIYANG,
            "model_in_guiyang": YES,
            "algorithm_filed": YES,
            "supported_before": NO,
            "construction_cost": "1000000",
        },
    ),
    "gym-data-supply": ("data-supply", {**GUIYANG, "data_through_platform": YES, "supply_rank": "20"}),
    "gym-data-trade": (
        "data-trade",
        {
            **GUIYANG,
            "ai_enterprise": YES,
            "data_through_exchange": YES,
            "for_training": YES,
            "trade_rank_leading": YES,
            "data_trade": "5000000.01",
        },
    ),
    "gym-scenario-demonstration": (
        "scenario-demonstration",
        {**GUIYANG, "demonstration_builder": YES, "actual_investment": "1000000"},
    ),
    "gym-public-platform": (
        "public-platform",
        {
            **GUIYANG,
            "platform_in_guiyang": YES,
            "platform_serves": YES,
            "platform_recognised": YES,
            "supported_before": NO,
            "platform_investment": "1000000",
        },
    ),
    "gyv-claim": ("compute-voucher", {**CLAIM, "contract_price": "1000000", "redeemed": "0"}),
    "gyv-redemption": (
        "voucher-redemption",
        {
            **CLAIM,
            "contract_price": "1000000",
            "redeemed": "0",
            "own_use": YES,
            "voucher_issued": "2025-03-03",
            "voucher_used": "2025-05-06",
            "used_for_goods": NO,
        },
    ),
}
# what breaks a condition on each property, whatever the measure
BAD = {
    "applicant_type": "other",
    "sector": "other",
    "new_compute": "99.99",
    "compute_purchase": "299999.99",
    "rd_bodies": "0",
    "applicant_role": "other",
    "consortium": "甲公司;乙医院;丙学院;丁所",
    "supply_rank": "21",
    "data_trade": "5000000",
    "voucher_group": "other",
    "redeemed": "2000000.01",
    "false_claim": YES,
    "supported_before": YES,
    "used_for_goods": YES,
}
AMOUNTS = {
    "construction_cost",
    "actual_investment",
    "platform_investment",
    "contract_price",
}  # bases, under no condition


def project(measure: str, **cells: str) -> dict[str, str]:
    """A project of the kind of a measure that satisfies all its conditions unless the cells say otherwise."""
    kind, good = GOOD[measure]
    return {"application_id": "A-1", "applicant": "甲公司", "kind": kind, **good, **cells}


def table(rows: Iterable[Mapping[str, str]]) -> bytes:
    """Rows as a CSV table."""
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def judge(
    rows: Iterable[Mapping[str, str]],
    *policies: str,
    day: date = DAY,
    issued: Mapping[str, date] | None = None,
) -> dict[str, Any]:
    """The answer for some rows; policies are taken as issued in 2024 unless said otherwise."""
    source = sources.read(Path("applications.csv"), data=table(rows), kind="application")
    return eligibility.engine().answer(source, list(policies), day, ISSUED if issued is None else issued)


def item(
    measure: str, row: Mapping[str, str], day: date = DAY, issued: Mapping[str, date] | None = None
) -> dict[str, Any]:
    """The answer for one row and one measure."""
    items = judge([row], day=day, issued=issued)["items"]
    return next(found for found in items if found["measure"] == measure)


def failing(found: Mapping[str, Any]) -> set[str]:
    """The names of the conditions that decide."""
    return {clause["condition"] for clause in found["because"]}
