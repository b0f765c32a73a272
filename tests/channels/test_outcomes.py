import re
from collections.abc import Iterator

import pytest

from webapp.messages.channels import Channel, OutcomeKind
from webapp.messages.channels.outcomes import Explanation, Flag, explain, find, outcome, rows

THROTTLED, TRANSIENT, PERMANENT = (
    OutcomeKind.THROTTLED,
    OutcomeKind.TRANSIENT,
    OutcomeKind.PERMANENT,
)
STOP_CAMPAIGN, STOP_CHANNEL = OutcomeKind.STOP_CAMPAIGN, OutcomeKind.STOP_CHANNEL
PAUSE, BAD = Flag.PAUSE_ON_RUN, Flag.BAD_ADDRESS

# Written from the providers' documents, not from the table.
WHATSAPP: dict[OutcomeKind, dict[frozenset[Flag], list[str]]] = {
    THROTTLED: {
        frozenset(): ["4", "80007", "130429", "131057", "http 429"],
        frozenset({Flag.SAME_RECIPIENT}): ["131056"],
    },
    TRANSIENT: {
        frozenset(): ["1", "2", "131000", "131016", "133004"],
        frozenset({Flag.REUPLOAD_MEDIA}): ["131052", "131053"],
    },
    PERMANENT: {
        frozenset(): ["131049", "130472"],
        frozenset({Flag.NEEDS_TEMPLATE}): ["131047"],
        frozenset({BAD}): ["131026", "131021", "131030", "131051"],
        frozenset({Flag.SUPPRESS_MARKETING}): ["131050"],
        frozenset({PAUSE}): [
            *("100", "131008", "131009", "132000", "132001"),
            *("132005", "132007", "132008", "132012"),
        ],
    },
    STOP_CAMPAIGN: {frozenset({Flag.ALERT}): ["132015", "132016", "131048", "131064"]},
    STOP_CHANNEL: {
        frozenset({Flag.ALERT}): [
            *("0", "3", "10", "190", "200-299", "33", "368", "130497", "131005", "131031"),
            *("131037", "131042", "131045", "133010"),
        ]
    },
}
SMS: dict[OutcomeKind, dict[frozenset[Flag], list[str]]] = {
    THROTTLED: {frozenset(): ["20429", "http 429", "30001"]},
    TRANSIENT: {frozenset(): ["30003", "30008"]},
    PERMANENT: {
        frozenset({BAD}): ["21211", "21614", "30005", "30006"],
        frozenset({Flag.SUPPRESS_CHANNEL, Flag.SUPPRESS_MARKETING}): ["21610"],
        frozenset({Flag.ALERT}): ["30004"],
        frozenset({Flag.ALERT, PAUSE}): ["30007", "21606", "30034"],
        frozenset({PAUSE}): ["21612", "21617"],
        frozenset({Flag.NEEDS_TEMPLATE}): ["63016"],
    },
    STOP_CHANNEL: {frozenset({Flag.ALERT}): ["20003", "30002"]},
}
EMAIL: dict[OutcomeKind, dict[frozenset[Flag], list[str]]] = {
    TRANSIENT: {frozenset(): ["421", "4xx", "450", "451", "452"]},
    PERMANENT: {
        frozenset({BAD}): ["550", "5.2.2", "no_smtputf8"],
        frozenset({Flag.HARD_BOUNCE, BAD}): [
            *("550 5.1.1", "5.1.1", "5.1.2", "5.1.3", "5.1.10", "5.2.1"),
        ],
        frozenset(): ["session 552"],
        frozenset({Flag.ALERT}): ["552"],
        frozenset({Flag.ALERT, PAUSE}): ["554", "5.7.x", "5xx"],
    },
    STOP_CHANNEL: {
        frozenset({Flag.ALERT}): [
            *("535", "530", "session 5xx", "session 535", "session 530"),
            *("no_login", "no_starttls"),
        ]
    },
}
ANY: dict[OutcomeKind, dict[frozenset[Flag], list[str]]] = {
    THROTTLED: {frozenset(): ["http 429"]},
    TRANSIENT: {
        frozenset(): [
            *("not_connected", "cut_short", "http 408", "http 425", "http 501", "http 505"),
            "http 511",
        ],
        frozenset({Flag.ALERT}): ["unknown_fault"],
    },
    PERMANENT: {
        frozenset({PAUSE}): ["malformed"],
        frozenset({Flag.ALERT, PAUSE}): ["unknown_code"],
    },
    STOP_CHANNEL: {
        frozenset({Flag.ALERT}): [
            *("certificate", "http 3xx", "http 401", "http 403", "http 404", "http 407"),
        ]
    },
    OutcomeKind.UNKNOWN: {frozenset(): ["no_answer", "unreadable", "http 5xx"]},
}
EXPECTED = {"whatsapp": WHATSAPP, "sms": SMS, "email": EMAIL, "any": ANY}
TABLE = [(section, code, row) for section, found in rows().items() for code, row in found.items()]


def expectations() -> Iterator[tuple[str, str, OutcomeKind, frozenset[Flag]]]:
    for section, kinds in EXPECTED.items():
        for kind, by_flags in kinds.items():
            for flags, codes in by_flags.items():
                yield from ((section, code, kind, flags) for code in codes)


@pytest.mark.parametrize(("section", "code", "kind", "flags"), [*expectations()])
def test_every_code_leads_to_its_action(
    section: str, code: str, kind: OutcomeKind, flags: frozenset[Flag]
) -> None:
    row = rows()[section][code]
    assert (row.kind, row.flags) == (kind, flags)


def test_no_row_is_without_its_expectation() -> None:
    assert {(section, code) for section, code, _ in TABLE} == {
        (section, code) for section, code, _, _ in expectations()
    }


@pytest.mark.parametrize(("section", "code", "row"), TABLE)
def test_every_row_says_what_happened_and_what_to_do(
    section: str, code: str, row: Explanation
) -> None:
    for words in (row.sentence, row.advice):
        assert re.fullmatch(r"[A-Z][^{}]+\.", words.format_map({"code": "1"}))
        assert len(words) < 160


@pytest.mark.parametrize(("section", "code", "row"), TABLE)
def test_only_what_was_not_accepted_is_given_a_wait(
    section: str, code: str, row: Explanation
) -> None:
    if row.kind is THROTTLED:
        assert row.wait is not None
    if row.wait is not None or row.retries is not None:
        assert row.kind in (THROTTLED, TRANSIENT)


@pytest.mark.parametrize(
    ("code", "wait"),
    [("131056", [1, 4, 16, 64, 256, 1024, 3600, 3600]), ("131057", [90] * 8), ("1", [None] * 8)],
)
def test_the_wait_follows_the_rule_of_its_code(code: str, wait: list[float | None]) -> None:
    found = [outcome(Channel.WHATSAPP, code, attempt=n).retry_after for n in range(1, 9)]
    assert found == wait
    outcome(Channel.WHATSAPP, code, attempt=10**6)


@pytest.mark.parametrize("code", ["200", "250", "299"])
def test_a_range_means_each_of_its_codes(code: str) -> None:
    assert explain(Channel.WHATSAPP, code).kind is STOP_CHANNEL


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("450", "450"),
        ("459 4.9.9", "4xx"),
        ("450 5.1.1", "450"),
        ("550", "550"),
        ("550 5.1.1", "550 5.1.1"),
        ("551 5.1.1", "5.1.1"),
        ("550 5.7.26", "5.7.x"),
        ("552 5.7.0", "5.7.x"),
        ("552 5.3.4", "552"),
        ("556 5.1.10", "5.1.10"),
        ("599", "5xx"),
        ("session 554 5.7.1", "session 5xx"),
        ("session 552 5.3.4", "session 552"),
        ("session 421 4.7.0", "421"),
        ("session 454 4.7.0", "4xx"),
        ("session 535 5.7.8", "session 535"),
    ],
)
def test_a_mail_reply_is_explained_by_its_most_exact_row(code: str, key: str) -> None:
    assert find(Channel.EMAIL, code) == rows()["email"][key]


@pytest.mark.parametrize("channel", Channel)
def test_a_code_nobody_knows_is_final_alarming_and_named(channel: Channel) -> None:
    row = explain(channel, "987654")
    assert row.kind is PERMANENT
    assert Flag.ALERT in row.flags
    assert "987654" in row.sentence
    fault = explain(channel, "fault 987654")
    assert fault.kind is TRANSIENT
    assert "(code 987654)" in fault.sentence


@pytest.mark.parametrize("channel", Channel)
def test_a_send_whose_sender_died_is_explained_as_unanswered(channel: Channel) -> None:
    assert explain(channel, None).kind is OutcomeKind.UNKNOWN
