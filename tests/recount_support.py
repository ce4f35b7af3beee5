"""The amounts of the texts worked out anew, in whole fen and fractions, from the words of the seed alone; shares no code with the package."""

from __future__ import annotations

import calendar
from datetime import date
from fractions import Fraction

# line 300: 按其建设成本的 30%给予一次性补助，最高不超过 500 万元
# line 304: 按其年度数据交易金额的 1%给予补贴，单个企业每年补助最高不超过 50 万元
# line 306: 按照其实际投入 20%给予资金补助，最高不超过 100 万元
# line 310: 按其建设投资额 10% 给予一次性补助，最高不超过 100 万元
WORDS = {
    "gym-large-model": (Fraction(30, 100), 500 * 10_000),
    "gym-data-trade": (Fraction(1, 100), 50 * 10_000),
    "gym-scenario-demonstration": (Fraction(20, 100), 100 * 10_000),
    "gym-public-platform": (Fraction(10, 100), 100 * 10_000),
}
# line 360: 最高可激励合同成交金额的3%，同一需求方年度累计兑现额度不超过200万元
VOUCHER_RATES = {"printed": Fraction(3, 100), "thirty": Fraction(30, 100)}
VOUCHER_CEILING = 200 * 10_000


def fen(text: str) -> int:
    """Yuan with up to two decimals as whole fen."""
    yuan, _, rest = text.partition(".")
    return int(yuan) * 100 + int((rest + "00")[:2])


def yuan(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"


def half_up(amount: Fraction) -> int:
    """A number of fen and parts of a fen, the half counted up."""
    whole, rest = divmod(amount.numerator, amount.denominator)
    return whole + (2 * rest >= amount.denominator)


def grant(measure: str, base: str) -> str:
    """The grant of one of the measures of the large-model text."""
    rate, cap = WORDS[measure]
    return yuan(half_up(min(fen(base) * rate, Fraction(cap * 100))))


def voucher(reading: str, price: str, redeemed: str) -> str:
    """The most a voucher pays for a contract under a reading of article 10."""
    left = max(VOUCHER_CEILING * 100 - fen(redeemed), 0)
    return yuan(half_up(min(fen(price) * VOUCHER_RATES[reading], Fraction(left))))


def halves(amount: str) -> tuple[str, str]:
    """The two shares of 1:1 (lines 314 and 380): half, counted up to the fen, and what is left."""
    first = half_up(Fraction(fen(amount), 2))
    return yuan(first), yuan(fen(amount) - first)


def months_on(day: date, months: int) -> date:
    """The last day of a period of months: the same day of the month, or the month's last."""
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
