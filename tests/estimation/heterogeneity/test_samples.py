from dataclasses import replace

import numpy as np
import pytest

from estimation.cross_fitting import Answer, cross_fit
from estimation.dml import aggregate
from estimation.heterogeneity.joint import joint_effects
from estimation.heterogeneity.samples import inquiry_of_sample, stacked
from tests.estimation.heterogeneity.made_up import DESIGN, made_up, settings_of, with_effect

PANEL = with_effect(made_up(), 0.5)
LATE = (PANEL["year"] >= 2015).to_numpy()


@pytest.mark.parametrize("variant", DESIGN.variants)
def test_samples_side_by_side_keep_their_effects_and_know_city_and_row_of_the_whole(
    variant: str,
) -> None:
    setting = settings_of(PANEL, DESIGN)[variant]
    # The first ten cities are in the later sample only, so that positions of cities differ.
    early = ~LATE & (setting.sample.city >= 10)
    kept = (early, LATE)
    inquiries = [
        inquiry_of_sample(setting, part, term=name, where=name)
        for part, name in zip(kept, ("early", "late"), strict=True)
    ]
    answers, _ = cross_fit(inquiries, workers=1)
    joint = stacked(setting, answers, kept)
    np.testing.assert_allclose(
        aggregate(joint.fits).theta, [aggregate(one.fits).theta[0] for one in answers], rtol=1e-12
    )
    assert joint.inquiry.problem.terms.names == ("early", "late")
    (first, second), one = answers, joint.residuals[0]
    np.testing.assert_array_equal(one.clusters, setting.sample.city[one.rows])
    np.testing.assert_array_equal(joint.inquiry.problem.groupings[:, 0], one.clusters)
    count = first.residuals[0].u.size
    assert early[one.rows[:count]].all()
    assert LATE[one.rows[count:]].all()
    np.testing.assert_array_equal(one.u[:count], first.residuals[0].u)
    np.testing.assert_array_equal(one.V[count:, 1], second.residuals[0].V[:, 0])
    assert not one.V[:count, 1].any()
    years = setting.sample.year[one.rows]
    assert np.unique(np.column_stack([one.clusters, years]), axis=0).shape[0] == years.size


def test_effects_of_the_same_cities_are_not_taken_for_independent() -> None:
    setting = settings_of(PANEL, DESIGN)["within"]
    kept = (~LATE, LATE)
    inquiries = [inquiry_of_sample(setting, part, term="t", where="w") for part in kept]
    answers, _ = cross_fit(inquiries, workers=1)
    joint = stacked(setting, answers, kept)
    one = joint.residuals[0]
    theta = joint.fits[0].theta
    bread = np.linalg.inv(one.V.T @ one.V)
    scores = np.array(
        [
            one.V[one.clusters == city].T @ (one.u - one.V @ theta)[one.clusters == city]
            for city in range(60)
        ]
    )
    sandwich = 60 / 59 * bread @ scores.T @ scores @ bread
    assert abs(sandwich[0, 1]) > 0
    single = stacked(setting, [_first(answer) for answer in answers], kept)
    np.testing.assert_allclose(joint_effects(single).matrix, sandwich, rtol=1e-10)


def _first(answer: Answer) -> Answer:
    return replace(answer, residuals=answer.residuals[:1], found=answer.fits[:1])
