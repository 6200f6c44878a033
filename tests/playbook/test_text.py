"""Outside text can neither mention, link, format, hide nor flood."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.text import CUT, block, defang, many, mrkdwn, plain, sentences, words

PIECES = (
    *(
        "<!channel>",
        "<!here|x>",
        "<@U1>",
        "<https://evil.example|bank>",
        "`",
        "```",
        "*",
        "_",
        "~",
        "&lt;",
        ">",
    ),
    *("\u202e", "\u200b", "\u2066", "\u00ad", "\x00", "\n", "\r", "\t", "\ufeff", "\U000e0041", "a", " "),
)
HOSTILE = st.text() | st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def hidden(text: str) -> list[str]:
    return [c for c in text if unicodedata.category(c) in HIDDEN]


@given(HOSTILE)
def test_escaped_text_holds_nothing_that_slack_acts_on(text: str) -> None:
    safe = mrkdwn(text)
    assert not re.search(r"[<>`*_~]", safe)
    assert re.sub(r"&(amp|lt|gt);", "", safe).count("&") == 0


@given(HOSTILE)
def test_nothing_hidden_is_left_and_all_is_on_one_line(text: str) -> None:
    for safe in (plain(text), mrkdwn(text), defang(text)):
        assert hidden(safe) == []
        assert "\n" not in safe


@given(HOSTILE, st.integers(1, 50))
def test_text_is_as_long_as_it_may_be_and_says_when_it_was_cut(text: str, limit: int) -> None:
    safe = plain(text, limit)
    assert len(safe) <= limit
    assert len(re.sub(r"&(amp|lt|gt);", "x", mrkdwn(text, limit))) <= limit
    visible = "".join(c for c in " ".join(text.split()) if unicodedata.category(c) not in HIDDEN)
    if len(visible) > limit:
        assert safe.endswith(CUT)


@given(HOSTILE, st.integers(1, 50))
def test_a_code_block_cannot_be_left(text: str, limit: int) -> None:
    safe = block(text, limit)
    assert not re.search(r"[<>`]", safe)
    assert set(hidden(safe)) <= {"\n"}
    assert len(re.sub(r"&(amp|lt|gt);", "x", safe)) <= limit


@given(st.text("abz019.-", max_size=60))
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert mrkdwn(text) == " ".join(text.split())


@given(HOSTILE)
def test_a_defanged_indicator_has_no_dot_that_makes_a_link(text: str) -> None:
    safe = defang(f"see {text}")  # a path by itself is no link, and stays as it is
    assert not re.search(r"(?<!\[)\.|\.(?!\])", safe)
    assert not re.search(r"https?://", safe, re.IGNORECASE)


@pytest.mark.parametrize(
    ("indicator", "shown"),
    [
        ("198.51.100.7", "198[.]51[.]100[.]7"),
        ("http://evil.example/a", "hxxp://evil[.]example/a"),
        ("HTTPS://evil.example", "HxxPS://evil[.]example"),
        ("mallory@evil.example", "mallory[@]evil[.]example"),
    ],
)
def test_indicators_are_shown_so_that_nobody_can_click_them(indicator: str, shown: str) -> None:
    assert defang(indicator) == shown


def test_ten_thousand_characters_are_cut_quickly_and_visibly() -> None:
    assert plain("a" * 10_000) == "a" * 199 + CUT
    assert plain("\u202e" * 10_000 + "a") == CUT


def test_a_list_counts_what_it_leaves_out() -> None:
    assert words(("a", "b")) == "a, b"
    assert words(tuple("abcdefg")) == "a, b, c, d, e and 2 more"
    assert words([], most=3) == ""


@pytest.mark.parametrize(
    ("count", "thing", "said"),
    [
        (0, "gap", "0 gaps"),
        (1, "gap", "1 gap"),
        (1_024, "gap", "1,024 gaps"),
        (2, "address/addresses", "2 addresses"),
    ],
)
def test_things_are_counted_in_words(count: int, thing: str, said: str) -> None:
    assert many(count, thing) == said


def test_sentences_stand_side_by_side_and_phrases_are_parted() -> None:
    assert sentences(("It runs.", "no tag", "Is it ours?", "ask")) == "It runs. no tag; Is it ours? ask"
    assert sentences(()) == ""


def test_the_path_of_a_file_stays_as_it_is() -> None:
    assert defang("/tmp/.x/kdevtmpfsi") == "/tmp/.x/kdevtmpfsi"
    assert defang("//evil.example/x") == "//evil[.]example/x"
    assert defang("/bin/xmrig -o pool.evil.example:3333") == "/bin/xmrig -o pool[.]evil[.]example:3333"
