"""Which figures there are."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from nightpanel.paper_figures.drawn import Drawing, Material
from nightpanel.paper_figures.event_study import event_studies
from nightpanel.paper_figures.forest import forest_plots
from nightpanel.paper_figures.gini_map import gini_maps
from nightpanel.paper_figures.gini_years import gini_over_time
from nightpanel.paper_figures.heterogeneity import heterogeneity
from nightpanel.paper_figures.light_map import light_maps
from nightpanel.paper_figures.lorenz_curves import lorenz_curves
from nightpanel.paper_figures.marginal_effect import marginal_effects
from nightpanel.paper_figures.rolling_windows import rolling_windows
from nightpanel.paper_figures.specification_curve import specification_curves
from nightpanel.paper_figures.structural_paths import structural_paths

FIGURES: Mapping[str, Callable[[Material], Drawing]] = MappingProxyType(
    {
        "light_map": light_maps,
        "gini_map": gini_maps,
        "lorenz": lorenz_curves,
        "gini_over_time": gini_over_time,
        "forest": forest_plots,
        "specification_curve": specification_curves,
        "heterogeneity": heterogeneity,
        "marginal_effect": marginal_effects,
        "event_study": event_studies,
        "rolling_windows": rolling_windows,
        "structural_paths": structural_paths,
    }
)
"""What draws each kind of figure, by the name of its files; in the order of a paper. Where a kind
has several figures, they are numbered."""
