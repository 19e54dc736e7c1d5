"""The invented tambons as areas on the map."""

from __future__ import annotations

import json

import numpy as np
import shapely

from restructure.sample.land import AMPHOE, REMARK, degrees
from restructure.sample.people import Schools, Villages

#: Open country around the outermost places that still belongs to their tambon.
_EDGE_M = 2_500.0


def tambon_outlines(villages: Villages, schools: Schools) -> str:
    """Return the tambons as GeoJSON: what is nearer to a place of the tambon than to any other's."""
    places = shapely.MultiPoint(np.vstack([villages.xy, schools.xy]))
    tambon = np.concatenate([villages.tambon, villages.tambon[schools.village]])
    reach = places.convex_hull.buffer(_EDGE_M)
    cells = np.array(shapely.voronoi_polygons(places, extend_to=reach, ordered=True).geoms)
    features = []
    for t, name in enumerate(villages.tambon_names):
        area = shapely.union_all(cells[tambon == t]).intersection(reach)
        area = shapely.orient_polygons(shapely.transform(area, lambda xy: degrees(xy)[:, ::-1]))
        about = {"tambon_code": f"99{1 + t // 9:02d}{1 + t % 9:02d}", "tambon": name, "amphoe": AMPHOE[t // 9]}
        about |= {"province": "สมมุติ", "remark": REMARK}
        features.append({"type": "Feature", "properties": about, "geometry": shapely.geometry.mapping(area)})
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False, indent=None) + "\n"
