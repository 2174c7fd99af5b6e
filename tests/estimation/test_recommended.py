from estimation.recommended import recommendation
from estimation.vocabulary import PROVISIONAL, VARIANTS


def test_one_variant_is_recommended_and_called_provisional() -> None:
    said = {variant: recommendation(variant) for variant in VARIANTS}
    assert said.pop(PROVISIONAL) == "provisional"
    assert set(said.values()) == {""}
