"""The processes of the protocol, by name, from plain to awkward.

Serial correlation, few cities, effects that differ and unbalanced panels each stand on linear and
on nonlinear functions of the controls, so that no estimator gains or loses by which of the two was
taken as the rule.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from estimation.processes.spec import ProcessSpec

_WEAK = ProcessSpec("linear_weak", "linear", city_outcome=0.010, city_treatment=0.015)
_LINEAR = ProcessSpec("linear_strong", "linear", city_outcome=0.10, city_treatment=0.10)
_NONLINEAR = replace(_LINEAR, name="nonlinear_strong", shape="nonlinear")


_STRONG = {"linear": _LINEAR, "nonlinear": _NONLINEAR}

_ALL = (
    _WEAK,
    *_STRONG.values(),
    *(
        replace(spec, name=f"serial_{shape}", error_persistence=0.8, treatment_persistence=0.8)
        for shape, spec in _STRONG.items()
    ),
    *(replace(spec, name=f"few_cities_{shape}", n_cities=30) for shape, spec in _STRONG.items()),
    *(
        replace(
            spec,
            name=f"heterogeneous_{shape}",
            moderation=-0.12,
            trait_effect=0.04,
            trait_noise=0.3,
            late_noise=0.6,
        )
        for shape, spec in _STRONG.items()
    ),
    *(
        replace(spec, name=f"unbalanced_{shape}", unbalanced=True)
        for shape, spec in _STRONG.items()
    ),
)

PROCESSES: Mapping[str, ProcessSpec] = MappingProxyType({spec.name: spec for spec in _ALL})
"""Every process, in the order in which tables show them."""
