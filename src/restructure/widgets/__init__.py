"""Widgets of the notebooks: each a plain state that is tested without a browser, and a page that loads nothing."""

from restructure.widgets.doctor import doctor_widget
from restructure.widgets.drafter import drafter_widget
from restructure.widgets.duties import duties_widget
from restructure.widgets.explorer import explorer_widget
from restructure.widgets.mapping import mapping_widget
from restructure.widgets.placing import open_placing, placing_widget
from restructure.widgets.subsidy import subsidy_widget

__all__ = [
    "doctor_widget",
    "drafter_widget",
    "duties_widget",
    "explorer_widget",
    "mapping_widget",
    "open_placing",
    "placing_widget",
    "subsidy_widget",
]
