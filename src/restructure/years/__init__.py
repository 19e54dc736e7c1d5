"""Two years of an office side by side: what has become of its pupils, schools, ways, money, merges and forecast.

Not the comparison of scenarios within a year, which is in :mod:`restructure.comparison`.
"""

from restructure.years.book import show
from restructure.years.facts import Years, open_years
from restructure.years.telling import (
    spell_forecast,
    spell_kept_ways,
    spell_made,
    spell_merges,
    spell_roads,
    spell_ways,
)
from restructure.years.writing import write_years

__all__ = [
    "Years",
    "open_years",
    "show",
    "spell_forecast",
    "spell_kept_ways",
    "spell_made",
    "spell_merges",
    "spell_roads",
    "spell_ways",
    "write_years",
]
