"""What cells of projects say: amounts read as decimals, and refused where the unit is in doubt; lists of members."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from aistandards.findings import Severity

FEN: Final = Decimal("0.01")
MOST: Final = {"CNY": Decimal(10) ** 12, "percent": Decimal(100)}
DEFAULT_MOST: Final = Decimal(10) ** 9
SMALL: Final = Decimal(10_000)
MANY: Final = 28  # digits, as many as are reckoned with
DIGITS: Final = "digits only / 仅数字"
WHOLE: Final = "write a whole number / 写整数"
NOT_NEGATIVE: Final = "write 0 or more, or leave it empty / 写 0 或正数，不清楚则留空"
_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?")
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_TIMES: Final = {"": 1, "万": 10_000, "亿": 100_000_000}
_MONEY = re.compile(
    r"(?:¥|CNY|RMB|人民币)?\s*([0-9][0-9,]*(?:\.[0-9]+)?)\s*(万|亿|)\s*(?:元|CNY|RMB|圆)?", re.IGNORECASE
)
_QUANTITY = re.compile(r"([0-9][0-9,]*(?:\.[0-9]+)?)\s*([A-Za-z\u4e00-\u9fff]*)")
_WORDS: Final = {"1": ("", "个", "名", "家")}  # what may stand behind a number without changing it
_SEPARATORS: Final = re.compile(r"[，/|\n\t]|,(?!\s*(?:Ltd|Inc|LLC|Corp|Co)\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is wrong with an amount: the rule, the message in both languages, and what to write instead where that is certain."""

    rule: str
    zh: str
    en: str
    fix: str | None
    severity: Severity = "violation"


def to_fen(amount: Decimal) -> Decimal:
    """Return an amount of money rounded half up to the fen."""
    return amount.quantize(FEN, ROUND_HALF_UP)


def text_of(amount: Decimal) -> str:
    """Return a decimal as digits, without exponent and without zeros at the end of the fraction."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def read_amount(text: str, unit: str | None) -> tuple[Decimal | None, Doubt | None]:
    """Return the amount that a cell in a unit (``CNY``, ``percent``, ``1`` for whole numbers, another) states, and what is doubtful.

    Nothing is corrected: a text that is not plain digits gives no amount, only a doubt with what to write.
    """
    if not _PLAIN.fullmatch(text):
        return None, _not_plain(text, unit)
    amount = Decimal(text)
    doubt = _out_of_range(amount, unit)
    return (None, doubt) if doubt and doubt.severity == "violation" else (amount, doubt)


def _out_of_range(amount: Decimal, unit: str | None) -> Doubt | None:
    shown = text_of(amount)
    most = MOST.get(unit or "", DEFAULT_MOST)
    if amount > most:
        zh, en = f"“{shown}”超过 {most:f}，不合常理。", f"“{shown}” is more than {most:f}, which cannot be."
        return Doubt("amount-absurd", zh, en, f"check the unit: at most {most:f} / 请核对单位，不超过 {most:f}")
    if unit == "CNY" and amount != amount.quantize(FEN):
        zh, en = f"“{shown}”多于两位小数，金额只到分。", f"“{shown}” has more than two decimals; money ends at the fen."
        return Doubt("amount-form", zh, en, "write it to the fen / 写到分")
    if unit == "1" and amount != amount.to_integral_value():
        return Doubt("amount-form", f"“{shown}”不是整数。", f"“{shown}” is not a whole number.", WHOLE)
    if unit == "percent" and 0 < amount < 1:
        whole = text_of(amount * 100)
        zh = f"本列为百分数：“{shown}”是指 {shown}% 还是 {whole}% ？"
        en = f"The column is in percent: does “{shown}” mean {shown} % or {whole} % ?"
        return Doubt("percent-form", zh, en, f"{whole} for {whole} % / 若为 {whole}% 则写 {whole}")
    if unit == "CNY" and 0 < amount < SMALL:
        times = text_of(amount * SMALL)
        zh = f"金额只有 {shown} 元；本列单位是元，是否误以万元填写？"
        en = f"Only {shown} CNY: the column is in CNY; was it filled in units of 10,000?"
        return Doubt("amount-small", zh, en, f"{times} for {shown} 万元 / 若为 {shown} 万元则写 {times}", "warning")
    return None


def _not_plain(text: str, unit: str | None) -> Doubt:
    """Say what a text that is not plain digits is, with the digits to write where they are certain."""
    folded = unicodedata.normalize("NFKC", text).strip()
    if folded.startswith(("-", "−", "－")):
        return Doubt("amount-negative", f"“{text}”为负数。", f"“{text}” is negative.", NOT_NEGATIVE)
    if folded.endswith("%"):
        digits = folded[:-1].strip()
        certain = unit == "percent" and _PLAIN.fullmatch(digits)
        zh = f"“{text}”带百分号；" + ("本列已是百分数。" if certain else "本列不是百分数。")
        en = f"“{text}” has a percent sign; " + (
            "the column is in percent already." if certain else "the column is not a percentage."
        )
        return Doubt("percent-form", zh, en, digits if certain else DIGITS)
    match = _MONEY.fullmatch(folded) if unit == "CNY" else _QUANTITY.fullmatch(folded)
    if match and (_PLAIN.fullmatch(match[1]) or _GROUPED.fullmatch(match[1])):
        times = _TIMES[match[2]] if unit == "CNY" else 1
        own = len(match[1]) <= MANY and (
            unit == "CNY" or match[2].casefold() in _WORDS.get(unit or "", ("", (unit or "").casefold()))
        )
        other = WHOLE if unit == "1" else DIGITS if unit == "CNY" else f"convert to {unit} / 请换算为 {unit}"
        fix = text_of(Decimal(match[1].replace(",", "")) * times) if own else other
        zh = f"“{text}”含单位、千分位或全角字符；单位写在表头，单元格只写数字。"
        en = f"“{text}” holds a unit, separators or wide characters; the unit stands in the header, the cell is digits only."
        return Doubt("amount-unit" if times > 1 or unit != "CNY" else "amount-form", zh, en, fix)
    zh, en = f"“{text}”不是数字。", f"“{text}” is not a number."
    return Doubt("amount-form", zh, en, DIGITS)


def split_adoption(text: str, degrees: Mapping[str, str]) -> tuple[str, str | None]:
    """Return the adopted numbers of a cell as the platforms print it, and its degree where it names just one.

    ``IDT ISO/IEC 42001:2023``, ``ISO 8373:2021，MOD`` and ``等同采用 ISO 8373:2021`` name the degree beside the number;
    ``degrees`` gives the token by every word for a degree.
    """
    numbers: list[str] = []
    named: set[str] = set()
    for piece in re.split("[;；、\n]", text):
        words = unicodedata.normalize("NFKC", piece).strip()
        for word in sorted(degrees, key=len, reverse=True):
            whole = "(?![A-Za-z])" if word.isascii() else ""
            mark = rf"[\s,:()]{{0,9}}{re.escape(word)}{whole}(?:采用|採用)?[\s,:()]{{0,9}}"
            rest = re.sub(rf"^{mark}(?=[A-Z])|(?<=[\d\s,)(]){mark}$", "", words, flags=re.IGNORECASE)
            if rest != words:
                named.add(degrees[word])
                words = rest.strip(" ,()")
        if words:
            numbers.append(words)
    return ";".join(numbers), named.pop() if len(named) == 1 else None


def read_members(text: str) -> tuple[list[str], Doubt | None]:
    """Return the parties that a cell lists, each of which may stand in it once."""
    members = [name.strip() for name in re.split("[;；、]", text) if name.strip()]
    seen: dict[str, str] = {}
    for name in members:
        if mark := _SEPARATORS.search(name):
            zh, en = (
                f"“{name}”中的“{mark[0]}”可能分隔了多个单位。",
                f"“{mark[0]}” in “{name}” may separate several parties.",
            )
            fix = "separate the parties with semicolons / 各单位以分号分隔"
            return [], Doubt("member-separator", zh, en, fix)
        folded = "".join(unicodedata.normalize("NFKC", name).casefold().split())
        if folded in seen:
            zh, en = f"成员“{name}”出现两次。", f"The member “{name}” stands twice."
            return [], Doubt("member-repeated", zh, en, f"name {seen[folded]} once / “{seen[folded]}”只写一次")
        seen[folded] = name
    return members, None
