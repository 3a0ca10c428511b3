import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lms.common.ids import ALPHABET, BadCode, check_character, normalise_code, verification_code

codes = st.text(alphabet=ALPHABET, min_size=15, max_size=15).map(
    lambda body: body + check_character(body)
)


def test_a_new_code_is_valid_and_grouped_in_fours():
    code = verification_code()
    assert normalise_code(code) == code
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]


def test_new_codes_differ():
    assert len({verification_code() for _ in range(500)}) == 500


@given(codes)
def test_case_spaces_and_hyphens_do_not_matter(code):
    typed = f" {code[:5].lower()} {code[5:9]}--{code[9:]} "
    assert normalise_code(typed).replace("-", "") == code


@given(codes, st.integers(0, 15), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_found(code, position, wrong):
    assume(code[position] != wrong)
    with pytest.raises(BadCode):
        normalise_code(code[:position] + wrong + code[position + 1 :])


@given(codes, st.integers(0, 15), st.integers(0, 15))
def test_every_swap_of_two_characters_is_found(code, first, second):
    assume(code[first] != code[second])
    swapped = list(code)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    with pytest.raises(BadCode):
        normalise_code("".join(swapped))


@given(st.text(max_size=40))
def test_any_other_text_is_refused_or_is_a_code(text):
    try:
        code = normalise_code(text)
    except BadCode:
        return
    assert normalise_code(code) == code
