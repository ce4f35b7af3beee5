"""Similar titles: every title finds itself first, a plan finds its result, a paraphrase what it was made from."""

from __future__ import annotations

import json
from datetime import date

import pytest

from aistandards.counts import Counts
from aistandards.errors import UsageError
from aistandards.similar import MAX_TITLE, similar
from conftest import Cli

DAY = date(2026, 9, 16)

# written by us from titles on record: other words, another order, other boilerplate
PARAPHRASES = {
    "大模型的评测指标与评测方法": "GB/T 45288.2-2025",
    "大模型服务能力成熟度评价规范": "GB/T 45288.3-2025",
    "计算机视觉领域大模型技术要求": "GB/T 45288.4-2026",
    "机器学习数据标注操作规程": "GB/T 42755-2023",
    "人工智能合成内容的标识要求": "GB 45438-2025",
    "生成式人工智能服务的安全要求": "GB/T 45654-2025",
    "智能客服语义库规范": "GB/T 36339-2018",
    "智能语音交互系统：智能客服技术规范": "GB/T 36464.3-2018",
    "电力行业知识图谱技术规范": "DL/T 2938-2025",
    "知识图谱的技术框架": "GB/T 42131-2022",
    "AI management systems": "ISO/IEC 42001:2023",
    "Guidance for managing risk in AI": "ISO/IEC 23894:2023",
    "AI concepts and terms": "ISO/IEC 22989:2022",
    "Framework for AI systems that use machine learning": "ISO/IEC 23053:2022",
    "Knowledge graph framework": "IEEE Std 2807-2022",
}


def test_every_title_finds_itself_first(counts: Counts) -> None:
    for kind in ("standard", "project"):
        for entry in counts.index.entries(kind)[::3]:
            for name in ("title_zh", "title_en"):
                if entry[name]:
                    best = similar(counts, entry[name], DAY)["items"][0]
                    assert best["same_title"] and best["near_duplicate"] and best["score"] == 1.0, entry["number"]


def test_a_plan_and_its_result_find_each_other(counts: Counts) -> None:
    titled = {
        e["iri"]: e["title_zh"] or e["title_en"] for k in ("standard", "project") for e in counts.index.entries(k)
    }
    pairs = [(s, t.value) for s, terms in counts.facts.values("ais:resultOf").items() for t in terms]
    pairs = [pair for pair in pairs if titled.get(pair[0]) and titled.get(pair[1])]
    assert len(pairs) > 10
    for one, other in (*pairs, *((b, a) for a, b in pairs)):
        near = [entry["iri"] for entry in similar(counts, titled[one], DAY, 5)["items"] if entry["near_duplicate"]]
        assert other in near, (titled[one], titled[other])


def test_a_paraphrase_finds_what_it_was_made_from(counts: Counts) -> None:
    missed = {
        proposed
        for proposed, number in PARAPHRASES.items()
        if number not in [entry["number"] for entry in similar(counts, proposed, DAY, 5)["items"]]
    }
    assert missed == {"Framework for AI systems that use machine learning"}  # use is rare in titles, which say using


def test_the_score_is_explained_by_terms_and_phrases(counts: Counts) -> None:
    answer = similar(counts, "人工智能 大模型 评测指标", DAY)
    weights = {one["term"]: one["weight"] for one in answer["terms"]}
    assert weights["人工"] == weights["智能"] == 0 < weights["大模"] < weights["测指"]
    best = answer["items"][0]
    assert set(best["shared"]) <= set(weights) and all(weights[term] for term in best["shared"])
    own = sum(weights.values())
    shared = sum(weights[term] for term in best["shared"])
    assert best["score"] <= round(2 * shared / (own + shared), 3) + 0.001
    assert any("评测指标" in phrase for phrase in best["phrases"])
    assert {"status", "part", "score", "near_duplicate", "same_title"} <= set(best)


def test_boilerplate_alone_is_no_duplicate(counts: Counts) -> None:
    answer = similar(counts, "人工智能 要求", DAY)
    assert answer["items"] and answer["near_duplicates"] == 0
    assert similar(counts, "zzzqqq", DAY)["items"] == []


def test_bad_titles_are_refused(counts: Counts) -> None:
    for title, limit, says in (
        ("", 10, "no letter"),
        ("！", 10, "no letter"),
        ("字" * (MAX_TITLE + 1), 10, "at most"),
        ("大模型", 101, "1 to 100"),
    ):
        with pytest.raises(UsageError) as refused:
            similar(counts, title, DAY, limit)
        assert says in refused.value.en and refused.value.zh


def test_similar_on_the_command_line(cli: Cli) -> None:
    shown = json.loads(cli("similar", "人工智能 术语", "--format", "json", "--as-of", str(DAY)).stdout)
    assert shown["items"][0]["number"] == "GB/T 41867-2022"
    text = cli("similar", "人工智能 术语", "--lang", "zh")
    assert text.code == 0 and "GB/T 41867-2022" in text.stdout and "相近" in text.stdout
    assert cli("similar", "！").code == 2
