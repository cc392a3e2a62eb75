from __future__ import annotations

import pytest

from sagacheck.errors import InvalidScenarioError
from sagacheck.language.yaml.reader import MAX_BYTES, MAX_DEPTH, read
from sagacheck.language.yaml.scalars import OtherNumber


def problems_in(content: str | bytes) -> list[str]:
    """What is wrong with `content`, whether or not the reader had to give up."""
    try:
        return [str(problem) for problem in read(content, "a.yaml").problems]
    except InvalidScenarioError as error:
        return [str(problem) for problem in error.problems]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("5", 5),
        ("-5", -5),
        ("+5", 5),
        ("007", 7),
        ("0x1F", 31),
        ("0o17", 15),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("on", "on"),
        ("2..", "2.."),
        ("45s", "45s"),
        ("2001-12-14", "2001-12-14"),
        ("1_000", "1_000"),
        ('"5"', "5"),
        ("'true'", "true"),
        ("|\n  two\n  lines\n", "two\nlines\n"),
        ("[a, 1]", ["a", 1]),
        ("{b: {c: d}}", {"b": {"c": "d"}}),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(written: str, meant: object) -> None:
    """Whole numbers and booleans differ from texts by the core schema of YAML 1.2."""
    assert {"a": meant} == read(f"a: {written}", "a.yaml").data


@pytest.mark.parametrize("written", ["19.99", "1.", ".5", "1e3", "-.inf", ".nan", "9" * 5000])
def test_other_numbers_stay_as_written(written: str) -> None:
    """A number that is not whole is kept as its text: nothing is rounded before it is refused."""
    assert {"a": OtherNumber(written)} == read(f"a: {written}", "a.yaml").data


def test_keys_and_values_have_positions() -> None:
    """Each key and each value knows its line and column, counted from 1."""
    source = read("a: 1\nb:\n  - c: [x, y]\n", "a.yaml")

    assert source.keys == {("a",): (1, 1), ("b",): (2, 1), ("b", 0, "c"): (3, 5)}
    assert source.value_at(("b", 0, "c")) == (3, 8)
    assert source.value_at(("b", 0, "c", 1)) == (3, 12)
    assert source.key_at(("b", 0, "c", 1)) == (3, 12)


def test_the_position_of_what_is_missing_is_that_of_its_holder() -> None:
    """A value that is not there is reported where the mapping begins that lacks it."""
    source = read("a:\n  b: 1\n", "a.yaml")

    assert source.value_at(("a", "missing", 0)) == (2, 3)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "1:1: the file is empty; a scenario has at least the keys scenario, why, orders"),
        ("# only a comment\n", "1:1: the file is empty"),
        ("- a\n", "1:1: not a scenario: a list; a scenario file is a mapping"),
        ("5", "1:1: not a scenario: a single value"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document; a file holds one scenario"),
        ("a: [1", "1:6: not YAML: expected ',' or ']', but got '<stream end>'; a list that ["),
        (
            "a: {b: 1",
            "not YAML: expected ',' or '}', but got '<stream end>'; a mapping that {",
        ),
        ("a: b: c", "1:5: not YAML: mapping values are not allowed here; the keys of one mapping"),
        ("a: 1\n b: 2", "2:3: not YAML: mapping values are not allowed here; the keys of one"),
        ("a:\n\tb: 1", "cannot start any token; lines are indented by spaces, and never by tabs"),
        ("a: @b", "cannot start any token; a text that begins with this character is quoted"),
        ("a:\n  - b: 1\n - b: 2", "<block sequence start>'; what belongs together"),
        ("a: 1\nb\nc: 2", "not YAML: could not find expected ':'; a key ends with ': '"),
        ("a: 'b", "not YAML: found unexpected end of stream; a text that a quote has opened"),
        ('a: "\\U99999999"', "not YAML from here on"),
        ("%YAML 1.7\n---\na: 1", "1:1: not YAML from here on"),
        (b"ab: c\nd: \xff", "2:4: undecodable text: byte 0xff; a scenario is written in UTF-8"),
        ("a: 1\nb: \x07", "2:4: forbidden character: U+0007"),
        ("a: 1\rb: \x07", "2:4: forbidden character: U+0007"),
        ("a: \ud800", "1:4: undecodable text: byte 0xed"),
        ('a: "\\ud800"', "1:4: an unpaired surrogate: '\\ud800'"),
        ("a: 1\na: 2", "2:1: duplicate key: 'a'; a key occurs once in a mapping; this one is"),
        ("a: !!python/object:os.system {}", "1:4: a tag: !!python/object:os.system"),
        ("a: !foo 1", "1:4: a tag: !foo; the language has no tags"),
        ("a: !!str 1", "1:4: a tag: !!str"),
        ("!foo a: 1", "1:1: a tag: !foo"),
        ("a: &x 1", "1:4: an anchor: &x; the language has no anchors"),
        ("a: {b: &x [1]}\nc: *x", "2:4: an alias: *x; the language has no aliases"),
        ("1: a", '1:1: a key that is not a text: 1; keys are texts (did you mean "1"?)'),
        ("true: a", "1:1: a key that is not a text: true"),
        ("1.5: a", "1:1: a key that is not a text: 1.5"),
        ("? [a]\n: b", "1:3: a key that is not a text: a collection"),
        ("a: {<<: {b: 1}}", "1:5: a merge key: <<; the language has no merge keys; write the keys"),
        ("a:\nb: 1", "1:1: no value; nothing may be empty"),
        ("a: null", "1:4: no value: null; nothing may be empty"),
        ("? a\n? b", "1:3: no value"),
    ],
)
def test_what_the_language_does_not_have_is_refused(content: str | bytes, problem: str) -> None:
    """Whatever is not plain YAML is refused with its place, its value and the rule."""
    assert any(found.startswith("a.yaml:") and problem in found for found in problems_in(content))


def test_an_alias_bomb_is_never_expanded() -> None:
    """Aliases are refused where they stand, so that small files cannot become large data."""
    levels = [f"l{n}: &l{n} [*l{n - 1}, *l{n - 1}, *l{n - 1}]" for n in range(1, 20)]
    bomb = "\n".join(["l0: &l0 [lol]", *levels])

    source = read(bomb, "a.yaml")

    assert source.data["l19"] == [None, None, None]
    assert len(source.problems) == 20 + 3 * 19


def test_all_problems_are_found_inside_what_is_refused_itself() -> None:
    """A mistake inside the value of a duplicate key is reported as well."""
    assert [problem.split(": ")[0] for problem in problems_in("a: 1\na: {b: 1, b: 2}")] == [
        "a.yaml:2:1",
        "a.yaml:2:11",
    ]


def test_nesting_has_a_limit() -> None:
    """Collections may be nested to the limit and no deeper."""
    deep = "a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH

    assert problems_in(deep) == []
    assert problems_in("a: " + "[" * 60_000) == [
        "a.yaml:1:24: nested too deep; 20 levels are the limit"
    ]


def test_size_has_a_limit() -> None:
    """A file of the largest size is read and one that is larger is not."""
    largest = "a: " + "x" * (MAX_BYTES - 3)

    assert problems_in(largest) == []
    assert (problems_in(largest + "x")) == [
        "a.yaml:1:1: the file is too large: 65537 bytes; at most 64 KiB are read"
    ]


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    """A file may begin with the mark that some editors write."""
    assert read(b"\xef\xbb\xbfa: b", "a.yaml").data == {"a": "b"}
