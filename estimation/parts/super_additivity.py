"""Super-additivity of a composite: products of its parts, non-nested tests, out-of-city R2."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np

from estimation.additivity.keys import CompositeOf
from estimation.additivity.non_nested import NonNested, non_nested
from estimation.additivity.out_of_city import OutOfCity, out_of_city
from estimation.additivity.products import pair_products, standardised
from estimation.additivity.regressions import Tested, joint_test, regress_on
from estimation.linear.partialling import year_dummies
from estimation.linear.rows import linear_rows
from estimation.parts.estimate_row import blank_row
from estimation.parts.families import with_holm
from estimation.parts.linear_part import LinearSetting
from estimation.parts.part import Told
from estimation.results import Check, Estimate
from estimation.samples.sample import Floats
from estimation.vocabulary import LINEAR

NAN = float("nan")
PRODUCT, R2 = "product", "out_of_city_r2"
COMPOSITE, PARTS, PRODUCTS = "composite", "parts", "parts and products"
COMPARED = ((PARTS, COMPOSITE), (PRODUCTS, COMPOSITE), (PRODUCTS, PARTS))
"""Models whose R2 are compared, the second taken from the first."""
NO_PROOF = (
    "fit proves nothing here: a composite of fixed weights is a linear function of its parts, so "
    "that within the sample it cannot fit better than they do, and out of it only because it has "
    "fewer slopes; super-additivity is what the products of parts say"
)


class SuperAdditivity:
    """The key ``composite_of``."""

    name: ClassVar[str] = "super_additivity"

    def __init__(self, asked: CompositeOf) -> None:
        self.asked = asked

    def tell(self, setting: LinearSetting) -> Told:
        """Product terms as rows, tests as checks, out-of-city R2 and differences as rows.

        Raises
        ------
        SampleError
            A part does not vary, or effects, controls and other parts determine it.
        DesignError
            A part is the composite.
        """
        sample, names = setting.sample, self.asked.parts
        where = f"{sample.label}, composite_of"
        levels = {name: sample.column(name) for name in names}
        tests = non_nested(sample, setting.design, sample.treatment, levels)
        z = standardised(np.column_stack(list(levels.values())), names, where=where)
        products, terms = pair_products(z, names)
        rows, joint = self._products(setting, z, products, terms)
        found = self._out_of_city(setting, z, products, where)
        return Told(
            estimates=(*rows, *_r2_rows(setting, found, self.asked)),
            checks=(
                _check(setting, "products", joint, terms, _OF_PRODUCTS),
                *_tests(setting, tests),
            ),
            notes=tuple(_notes(setting, tests)),
        )

    def _products(
        self, setting: LinearSetting, z: Floats, products: Floats, terms: tuple[str, ...]
    ) -> tuple[list[Estimate], Tested]:
        """Rows of the products beside the parts, and the test of all of them."""
        columns = dict(zip(terms, products.T, strict=True))
        columns |= dict(zip(self.asked.parts, z.T, strict=True))
        fit = regress_on(setting.sample, setting.design, columns)
        own = [row for row in linear_rows(fit) if row.term in terms]
        family = replace(fit.design, treatment=terms[0], joint=terms[1:])
        blank = [replace(row, family=1, p_value_holm=NAN) for row in own]
        told = [
            replace(row, part=PRODUCT, treatment=setting.design.treatment, note=_of_product(row))
            for row in with_holm(blank, family)
        ]
        where = f"{setting.sample.label}, products of parts"
        return told, joint_test(fit, terms, where=where)

    def _out_of_city(
        self, setting: LinearSetting, z: Floats, products: Floats, where: str
    ) -> OutOfCity:
        sample, asked = setting.sample, self.asked
        models: Mapping[str, Floats] = {
            COMPOSITE: sample.treatment[:, None],
            PARTS: z,
            PRODUCTS: np.column_stack([z, products]),
        }
        return out_of_city(
            sample.outcome,
            models,
            np.column_stack([year_dummies(sample.year), sample.controls]),
            sample.city,
            folds=asked.folds,
            repetitions=asked.repetitions,
            draws=asked.draws,
            seed=setting.design.seed,
            where=f"{where}, out-of-city R2",
        )


_OF_PRODUCTS = "products of standardised parts, beside the parts: the test of super-additivity"


def _of_product(row: Estimate) -> str:
    return f"{row.note}; parts standardised over the sample, beside all parts"


def _r2_rows(setting: LinearSetting, found: OutOfCity, asked: CompositeOf) -> Iterator[Estimate]:
    """A row for each model, then for each difference."""
    by_name = {name: found.drawn[:, at] for at, name in enumerate(found.names)}
    r2 = dict(zip(found.names, found.r2, strict=True))
    each = dict(zip(found.names, found.by_repetition.T, strict=True))
    told = [(name, r2[name], by_name[name], each[name]) for name in found.names]
    told += [
        (f"{a} - {b}", r2[a] - r2[b], by_name[a] - by_name[b], each[a] - each[b])
        for a, b in COMPARED
    ]
    for term, value, drawn, repeated in told:
        low, high = np.quantile(drawn, [0.025, 0.975])
        yield replace(
            blank_row(setting.design, LINEAR, part=R2, term=term),
            estimate=float(value),
            std_error=float(drawn.std(ddof=1)) if drawn.size > 1 else NAN,
            ci_low=float(low),
            ci_high=float(high),
            n=setting.sample.outcome.size,
            n_clusters=found.n_cities,
            se_type="city bootstrap",
            lowest=float(repeated.min()),
            highest=float(repeated.max()),
            learner="linear",
            folds=asked.folds,
            repetitions=asked.repetitions,
            note="of what years and controls leave, in cities not fitted; interval by drawing "
            "cities to be predicted, fits held fixed",
        )


def _tests(setting: LinearSetting, tests: NonNested) -> Iterator[Check]:
    treatment, parts = setting.design.treatment, setting.design.composite_of
    names = () if parts is None else parts.parts
    exact = tests.made_of.is_exact
    own = NO_PROOF if exact else "share of the composite's variation that parts have, effects out"
    yield _row(setting, "linear_in_parts", treatment, "R2", tests.made_of.r2, NAN, own)
    proportions = "do parts enter in other proportions than the composite's weights?"
    encompassing = "does the outcome need the parts beside the composite? (encompassing)"
    note = proportions if exact else encompassing
    yield _check(setting, "parts_given_composite", tests.parts_added, names, note)
    if tests.composite_added is None or tests.j_parts is None:
        why = "not tested: the composite is a linear function of its parts, nothing of it is left"
        yield _row(setting, "j_test", f"{treatment} given parts", "F", NAN, NAN, why)
        return
    j = "J test: fitted values of the one model in the other; the composite's are the composite"
    yield _check(setting, "j_test", tests.composite_added, (f"{treatment} given parts",), j)
    yield _check(setting, "j_test", tests.j_parts, (f"parts given {treatment}",), j)


def _check(
    setting: LinearSetting, check: str, tested: Tested, subjects: tuple[str, ...], note: str
) -> Check:
    wald, said = tested.wald, f"{note}; {tested.errors}"
    statistic = f"F({wald.q}, {wald.df:g})"
    return _row(setting, check, ", ".join(subjects), statistic, wald.statistic, wald.p_value, said)


def _row(
    setting: LinearSetting,
    check: str,
    subject: str,
    statistic: str,
    value: float,
    p_value: float,
    note: str,
) -> Check:
    return Check(
        design=setting.design.name,
        variant=LINEAR,
        check=check,
        subject=subject,
        statistic=statistic,
        value=value,
        reference=NAN,
        p_value=p_value,
        verdict="",
        note=note,
    )


def _notes(setting: LinearSetting, tests: NonNested) -> Iterator[str]:
    label, treatment = setting.sample.label, setting.design.treatment
    if tests.made_of.is_exact:
        yield (
            f"{label}, composite_of: '{treatment}' is an exact linear function of its parts: "
            f"{NO_PROOF}. The J test is not made (nothing of the composite is left beside the "
            "parts); parts_given_composite asks whether other weights fit better"
        )
    else:
        yield (
            f"{label}, composite_of: parts leave {1.0 - tests.made_of.r2:.2g} of '{treatment}' "
            "(weights that change, or a function that is not linear), so that neither model is "
            "nested in the other; both J tests may reject, and then neither model is right"
        )
    yield f"{label}, composite_of: out-of-city R2 is of changes within cities not fitted"
