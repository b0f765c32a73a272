"""What somebody meant who typed something that is no cron text."""

import re

FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
ORDER = "minute, hour, day of the month, month, day of the week"
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
WORDS = {
    "hourly": ("Each hour", "0 * * * *"),
    "daily": ("Each day at two", "0 2 * * *"),
    "nightly": ("Each night at two", "0 2 * * *"),
    "midnight": ("Each day at midnight", "0 0 * * *"),
    "weekly": ("Each Monday at six", "0 6 * * 1"),
    "monthly": ("On the first of each month at six", "0 6 1 * *"),
    "yearly": ("On 1 January at six", "0 6 1 1 *"),
    "annually": ("On 1 January at six", "0 6 1 1 *"),
    "weekdays": ("From Monday to Friday at six", "0 6 * * 1-5"),
    "minutely": ("Each minute", "every minute"),
    "always": ("Each minute", "every minute"),
}
SAME = {
    "hour": "hourly", "day": "daily", "night": "nightly", "week": "weekly", "month": "monthly",
    "year": "yearly", "weekday": "weekdays", "minute": "minutely",
}  # fmt: skip
LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
#: What stands beside the rule of a field: the slip that is made most often there.
BESIDES = (
    " The full hour is 0.",
    " Midnight is 0.",
    " The last day of a month is L.",
    "",
    " Sunday is 0, Monday 1; or write SUN, MON, TUE, WED, THU, FRI, SAT.",
)

_TIME = re.compile(
    r"(?:at )?(\d{1,2})(?:[:.h](\d{2}))? ?(am|pm|a\.m\.|p\.m\.|o'clock|h)?", re.ASCII
)
_AT = re.compile(r"(?:(?:every|each) day|daily|nightly) (?:at )?(.+)")
_SPAN = re.compile(
    r"(?:every |each )?(\d{1,6}) ?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|weeks?|months?)",
    re.ASCII,
)
_DAY = re.compile(r"(?:(?:every|each|on) )?([a-z]{3,9}?)s?(?: (?:at )?(.+))?")
_NUMBER = re.compile(r"\d+", re.ASCII)
_NAMES = re.compile(r"([A-Za-z]{3})-([A-Za-z]{3})")


class NotATime(Exception):
    """It says no time at which something could run; the text says what was meant."""


def look(typed: str) -> None:
    """Raise NotATime where a text is not five fields: with the five that were meant, if that can be told."""
    if not typed:
        raise NotATime(
            f"Say when it runs: five fields ({ORDER}), such as 0 2 * * * for each day at two."
        )
    fields = typed.split(" ")
    if len(fields) == len(FIELDS):
        _look_at_fields(fields)
        return
    words = typed.lower().strip(" .!")
    for guess in (_word, _time, _daily, _span, _weekday):
        if sentence := guess(typed, words):
            raise NotATime(sentence)
    raise NotATime(_count(typed, fields))


def _word(typed: str, words: str) -> str | None:
    plain = words.removeprefix("@").removeprefix("every ").removeprefix("each ")
    if plain == "reboot":
        return "There is no run at a restart: what is due is asked for as soon as the clock ticks again."
    found = WORDS.get(SAME.get(plain, plain))
    return f"“{typed}” is a word. {found[0]} is: {found[1]}" if found else None


def _time(typed: str, words: str) -> str | None:
    read = clock(words)
    if read is None or _NUMBER.fullmatch(typed):
        return None
    hour, minute = read
    return f"“{typed}” is a time. Each day at {hour:02}:{minute:02} is: {minute} {hour} * * *"


def _daily(typed: str, words: str) -> str | None:
    said = _AT.fullmatch(words)
    read = clock(said[1]) if said else None
    return f"“{typed}” is: {read[1]} {read[0]} * * *" if read else None


def _span(typed: str, words: str) -> str | None:
    said = _SPAN.fullmatch(words)
    if said is None:
        return None
    number, unit = int(said[1]), said[2]
    if unit[:2] == "mo":
        return "Months are said by their days, such as on the first of each month at six: 0 6 1 * *"
    if unit[0] in "dw":
        return (
            "Days are said by the clock, such as each day at two: 0 2 * * *, "
            "or each second day of the month: 0 2 */2 * *"
        )
    word = {"s": "second", "m": "minute", "h": "hour"}[unit[0]]
    meaning = f"every {word}" if number == 1 else f"every {number} {word}s"
    if number == 0:
        return "Every 0 is never, or all the time. Such as: every 5 minutes"
    return f"“{typed}” is written: {meaning}"


def _weekday(typed: str, words: str) -> str | None:
    said = _DAY.fullmatch(words)
    number = _day(said[1]) if said else None
    if said is None or number is None:
        return None
    hour, minute = (clock(said[2]) if said[2] else None) or (6, 0)
    name = f"Each {DAYS[number]} at {hour:02}:{minute:02} is: {minute} {hour} * * {number}"
    return (
        f"“{typed}” is a day. {name}"
        if not said[2]
        else f"“{typed}” is: {minute} {hour} * * {number}"
    )


def _count(typed: str, fields: list[str]) -> str:
    rule = f"Five fields are needed: {ORDER}, such as 0 2 * * * for each day at two."
    if len(fields) == 6:
        return (
            "These are six fields. The first would be seconds, or the last a year: neither can be said. "
            f"Did you mean {' '.join(fields[1:])}, or {' '.join(fields[:5])}?"
        )
    return f"“{typed}” has {len(fields)} field{'' if len(fields) == 1 else 's'}. {rule}"


def _look_at_fields(fields: list[str]) -> None:
    """Say what cronsim refuses without a reason, or takes in another sense than it is written."""
    for number, text in enumerate(fields):
        if text == "?":
            raise NotATime("Write * where any will do, in place of the question mark.")
        for part in text.split(","):
            _look_at_step(number, part)
            _look_at_part(number, part)


def _look_at_step(number: int, part: str) -> None:
    step = part.partition("/")[2]
    if not _NUMBER.fullmatch(step):
        return
    if int(step) == 0:
        raise NotATime(
            f"Every 0 is never: put a number from 1 behind the / of the {FIELDS[number]}."
        )
    if int(step) > LIMITS[number][1]:
        unit = ("minutes", "hours", "days", "months", "days")[number]
        better = f" Such as: every {step} {unit}" if number < 2 else ""
        raise NotATime(
            f"“{part}” comes once and then begins anew, not every {step} {unit}.{better}"
        )


def _look_at_part(number: int, part: str) -> None:
    lowest, highest = LIMITS[number]
    for name in re.findall(r"[A-Za-z]{4,}", part):
        if number == 4 and (day := _day(name.lower().removesuffix("s"))) is not None:
            raise NotATime(f"Write {DAYS[day][:3].upper()} for {name}.")
        if number == 3:
            raise NotATime(
                f"Write the first three letters of a month, {name[:3].upper()}, or its number."
            )
    values = [int(digits) for digits in _NUMBER.findall(part.partition("/")[0].partition("#")[0])]
    if any(not lowest <= value <= highest for value in values):
        raise NotATime(_range(number, part))
    if number == 4 and (names := _NAMES.fullmatch(part)):
        first, last = (_day(name.lower()) for name in names.groups())
        if first is not None and last is not None and first > last:
            raise NotATime(f"“{part}” runs backwards. Say it in two: {first}-6,0-{last}")
    if len(values) == 2 and "-" in part and values[0] > values[1]:
        raise NotATime(
            f"“{part}” runs backwards. Say it in two: {values[0]}-{highest},{lowest}-{values[1]}"
        )


def of_a_field(typed: str, problem: str) -> str:
    """Return a sentence for what cronsim says of five fields, such as "Bad day-of-month"."""
    fields = typed.split(" ")
    for number, name in enumerate(("minute", "hour", "day-of-month", "month", "day-of-week")):
        if problem == f"Bad {name}":
            if number == 2 and re.fullmatch(r"\d+", fields[2]):
                return f"There is no such day: none of these months has a day {fields[2]}."
            return _range(number, fields[number])
    return f"This cannot be read. Five fields are needed: {ORDER}."


def _range(number: int, text: str) -> str:
    lowest, highest = LIMITS[number]
    return (
        f"“{text}” is no {FIELDS[number]}: that goes from {lowest} to {highest}, "
        f"or is * for any.{BESIDES[number]}"
    )


def clock(words: str) -> tuple[int, int] | None:
    """Read a time of day as people write it: 2:00, 14.30, 2 am; None when it is none."""
    if words in {"noon", "midday"}:
        return 12, 0
    if words == "midnight":
        return 0, 0
    said = _TIME.fullmatch(words)
    if said is None:
        return None
    hour, minute, half = int(said[1]), int(said[2] or 0), (said[3] or "").replace(".", "")
    if half in {"am", "pm"}:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    return (hour, minute) if hour < 24 and minute < 60 else None


def _day(name: str) -> int | None:
    days = (number for number, day in enumerate(DAYS) if day.lower().startswith(name))
    return next(days, None) if len(name) >= 3 else None
