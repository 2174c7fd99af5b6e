"""Products: names, contracts and their logic."""

import math
from pathlib import Path

import pytest

from geo.errors import ContractError, ProductError
from tiles.products import PRODUCTS, Product, product_named, product_of, read_products
from tiles.tile_names import named

OWN = {
    "name": "own",
    "title": "a product of one's own",
    "pattern": r"own_(?P<year>\d{4})\.tif",
    "unit": "DN",
    "valid_min": 0.0,
    "valid_max": 10.0,
}


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("DMSP1992.tif", "dmsp-like-china"),
        ("DMSP-like2018.tif", "dmsp-like-china"),
        ("DMSP_like2021.tif", "dmsp-like-china"),
        ("dmsp_LIKE2021.TIF", "dmsp-like-china"),
        ("/some/folder/DMSP2013.tif", "dmsp-like-china"),
        ("Harmonized_DN_NTL_2013_calDMSP.tif", "harmonized"),
        ("Harmonized_DN_NTL_2014_simVIIRS.tif", "harmonized"),
        ("F182013.v4c_web.stable_lights.avg_vis.tif", "dmsp-stable"),
        ("VNL_v21_npp_2013_global_vcmcfg_c202205302300.average_masked.dat.tif", "viirs-annual"),
        (
            "VNL_v22_npp-j01_2022_global_vcmslcfg_c202303062300.average_masked.dat.tif",
            "viirs-annual",
        ),
        ("VNL_npp_2024_global_vcmslcfg_v2_c202502261200.average_masked.dat.tif", "viirs-annual"),
        ("VNP46A4.A2018001.h28v06.002.2025162082259.h5", "black-marble-annual"),
        ("DMSP-like2018.tif.aux.xml", None),
        ("NTL_Shanghai_NPP-VIIRS_2013_2022_2018.tif", None),
        ("VNL_v21_npp_2013_global_vcmcfg_c202205302300.median_masked.dat.tif", None),
        ("F182013.v4c_web.avg_vis.tif", None),
        ("DMSP-like3018.tif", None),
    ],
)
def test_names_of_files(filename: str, name: str | None) -> None:
    found = product_of(filename)
    assert (found.name if found else None) == name


def test_every_shipped_contract_has_its_source() -> None:
    assert set(PRODUCTS) == {
        "dmsp-like-china",
        "harmonized",
        "dmsp-stable",
        "viirs-annual",
        "black-marble-annual",
        "viirs-as-dmsp",
    }
    assert all(len(product.source) > 20 for product in PRODUCTS.values())
    assert all(name == product.name for name, product in PRODUCTS.items())


@pytest.mark.parametrize(
    ("name", "low", "high", "fill", "saturation"),
    [
        ("dmsp-like-china", 0.0, 63.0, (-128.0,), 63.0),
        ("harmonized", 0.0, 63.0, (), 63.0),
        ("dmsp-stable", 0.0, 63.0, (255.0,), 63.0),
        ("viirs-annual", 0.0, 1e6, (), None),
    ],
)
def test_shipped_contracts(
    name: str, low: float, high: float, fill: tuple[float, ...], saturation: float | None
) -> None:
    product = product_named(name)
    assert (product.valid_min, product.valid_max) == (low, high)
    assert (product.fill_values, product.saturation) == (fill, saturation)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pattern": r"own_\d{4}\.tif"}, "pattern"),
        ({"pattern": r"own_(?P<year>\d{4}\.tif"}, "pattern"),
        ({"valid_min": 10.0}, "valid_min"),
        ({"valid_min": math.nan}, "valid_min"),
        ({"valid_min": -math.inf}, "valid_min"),
        ({"saturation": 11.0}, "saturation"),
        ({"saturation": math.nan}, "saturation"),
        ({"lit_above": 10.0}, "lit_above"),
        ({"fill_values": (255.0, 5.0)}, "fill_values"),
        ({"fill_values": (0.0,)}, "fill_values"),
    ],
)
def test_a_contract_that_contradicts_itself(change: dict[str, object], field: str) -> None:
    with pytest.raises(ProductError, match=f"'own', {field}: expected"):
        Product(**(OWN | change))  # type: ignore[arg-type]


def test_the_edges_of_a_contract_are_allowed() -> None:
    product = Product(**(OWN | {"fill_values": (-0.5, 10.5, math.nan), "saturation": 10.0}))  # type: ignore[arg-type]
    assert product.saturation == 10.0


def test_a_products_own_name_is_found_first() -> None:
    wide = Product(**(OWN | {"pattern": r".*(?P<year>20\d{2})\.tif"}))  # type: ignore[arg-type]
    assert product_of("DMSP-like2015.tif", user=[wide]) is wide
    assert product_named("own", user=[wide]) is wide


def test_an_unknown_name_lists_the_known_and_suggests() -> None:
    with pytest.raises(ProductError, match=r"dmsp-stable.*did you mean 'harmonized'"):
        product_named("harmonised")
    with pytest.raises(ProductError, match="declare your own"):
        product_named("zzz")


def test_one_name_one_contract() -> None:
    twin = Product(**(OWN | {"name": "harmonized"}))  # type: ignore[arg-type]
    with pytest.raises(ProductError, match="two contracts"):
        product_named("harmonized", user=[twin])


def test_products_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "products.toml"
    path.write_text(
        "[mine]\ntitle = 't'\npattern = 'a(?P<year>[0-9]{4})'\nunit = 'DN'\nvalid_min = 1\n"
        "fill_values = [0]\n",
        encoding="utf-8",
    )
    (mine,) = read_products(path)
    assert (mine.name, mine.valid_max, mine.fill_values) == ("mine", math.inf, (0,))
    path.write_text("[mine]\ntitel = 't'\n", encoding="utf-8")
    with pytest.raises(ProductError, match=r"products\.toml, product 'mine'.*titel"):
        read_products(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "a TOML file with a table for each product"),
        ("[mine", "a TOML file with a table for each product"),
        ("[mine]\n{} empty_blocks = 'foo'", "empty_blocks: expected one of fill, dark"),
        ("[mine]\n{} calibration = 'some'", "calibration: expected one of none, intercal"),
        ("[mine]\n{} quality = 'abc'", "quality: expected a list of numbers, found 'a'"),
        ("[mine]\n{} pattern = 5", "products.toml"),
        ("[mine]\n{} spans = [{ nam = 'F18' }]", "the fields of a product"),
        ("[mine]\n{} notes = 5", "the fields of a product"),
        ("mine = 5", "the fields of a product"),
    ],
)
def test_a_file_of_products_with_errors(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "products.toml"
    good = {"pattern": r"'a(?P<year>[0-9]{4})'", "unit": "'DN'", "valid_min": "1"}
    if text is not None:
        lines = "\n".join(f"{key} = {value}" for key, value in good.items() if key not in text)
        path.write_text(text.replace("{}", f"{lines}\n"), encoding="utf-8")
    with pytest.raises(ProductError, match=message):
        read_products(path)


@pytest.mark.parametrize(
    ("name", "years"),
    [
        ("DMSP2020.tif", "dmsp-like-china as dmsp, any to 2013, found 2020"),
        ("DMSP-like2012.tif", "dmsp-like-china as dmsp-like, 2013 to now, found 2012"),
        ("Harmonized_DN_NTL_2020_calDMSP.tif", "harmonized as caldmsp, any to 2013, found 2020"),
        ("F182005.v4c_web.stable_lights.avg_vis.tif", "as F18, 2010 to 2013, found 2005"),
        ("F101999.v4b_web.stable_lights.avg_vis.tif", "as F10, 1992 to 1994, found 1999"),
        ("DMSP-like2099.tif", "a year to 20[0-9][0-9], found 2099"),
    ],
)
def test_years_that_a_satellite_or_a_version_does_not_have(name: str, years: str) -> None:
    with pytest.raises(ContractError, match=years):
        named(name, None, ())


def test_years_that_shipped_versions_have() -> None:
    for name in (
        "DMSP2013.tif", "DMSP_like2013.tif", "Harmonized_DN_NTL_2014_simVIIRS.tif",
        "F182013.v4c_web.stable_lights.avg_vis.tif", "F152000.v4b_web.stable_lights.avg_vis.tif",
    ):  # fmt: skip
        assert named(name, None, ()).facts.year >= 2000
