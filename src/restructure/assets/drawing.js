// What every page and every widget draws with. Names are data: they reach a page as text only, never as markup.
"use strict";
const number = (n) => n.toLocaleString("en-US");
const km = (m) => (m === null ? "ยังวัดไม่ได้" : `${(m / 1000).toFixed(3)} กม.`);
const ABOVE = { direction: "top", offset: [0, -14] };

// An element with text, attributes and children; the only way that a page makes one.
function make(tag, text, attributes = {}, children = []) {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

// Lines come as the first point and steps from point to point, in units of 1e-5 degree.
function points(steps) {
  const line = [];
  for (let i = 0, lat = 0, lon = 0; i < steps.length; i += 2) {
    lat += steps[i];
    lon += steps[i + 1];
    line.push([lat / 1e5, lon / 1e5]);
  }
  return line;
}

// --- Symbols: the same shapes and colours as on the printed map; constants and numbers only, never a name ---
const SHAPES = {
  circle: '<circle cx="12" cy="12" r="8"/>',
  square: '<rect x="4" y="4" width="16" height="16"/>',
  triangle: '<path d="M2 4H22L12 21z"/>',
  diamond: '<path d="M12 2L22 12L12 22L2 12z"/>',
  cross: '<path d="M5 2L12 9L19 2L22 5L15 12L22 19L19 22L12 15L5 22L2 19L9 12L2 5z"/>',
  ring: "",
};

function symbol(look, pixels, ringColour = "", chosen = false) {
  const fill = look.filled ? look.colour : "#fff";
  const edge = look.filled ? "#fff" : look.colour;
  const ring = ringColour ? `<circle cx="12" cy="12" r="14" fill="none" stroke="${ringColour}" stroke-width="2.5"/>` : "";
  const halo = chosen ? '<circle cx="12" cy="12" r="16" fill="none" stroke="#1a1a1a" stroke-width="3"/>' : "";
  return `<svg width="${pixels * 1.5}" height="${pixels * 1.5}" viewBox="-6 -6 36 36" aria-hidden="true">${halo}${ring}` +
    `<g fill="${fill}" stroke="${edge}" stroke-width="${look.filled ? 1.2 : 2.5}">${SHAPES[look.shape]}</g></svg>`;
}

const stroke = (colour, weight, more = "") =>
  `<svg width="28" height="14" aria-hidden="true"><path d="M1 7H27" stroke="${colour}" stroke-width="${weight}" ${more}/></svg>`;

function legendEntry(markup, text) {
  const item = make("li", "", {}, [make("span", text)]);
  item.insertAdjacentHTML("afterbegin", markup);
  return item;
}

// --- The map ---
const line = (latlngs, options) => L.polyline(latlngs, { interactive: false, ...options });

// A map in a box, with panes from the lowest to the highest: name, order, and whether its lines are clicked.
function makeMap(box, panes) {
  const map = L.map(box, { attributionControl: false, zoomControl: false, minZoom: 8, maxZoom: 17, zoomSnap: 0.5 });
  L.control.zoom({ zoomInTitle: "ขยาย", zoomOutTitle: "ย่อ" }).addTo(map);
  // Leaflet has no setting for the scale's words.
  const Scale = L.Control.Scale.extend({
    _updateScale(bar, text, ratio) {
      L.Control.Scale.prototype._updateScale.call(this, bar, text.replace("km", "กม.").replace(/m$/, "ม."), ratio);
    },
  });
  new Scale({ imperial: false, maxWidth: 160 }).addTo(map);
  for (const [name, order, clicks] of panes) {
    map.createPane(name).style.zIndex = order;
    map.getPane(name).style.pointerEvents = clicks;
  }
  return map;
}

// Roads and rivers as one canvas, in the pane `ground`.
function drawGround({ roads: groups, waters: rivers, waterColour }) {
  const ground = { renderer: L.canvas({ pane: "ground", padding: 0.3 }), pane: "ground" };
  const roads = L.layerGroup(
    groups.filter((group) => group.lines.length).reverse().map((group) => line(group.lines.map(points), {
      ...ground, color: group.colour, weight: Math.max(1, group.width * 1.6), smoothFactor: 1.2,
    })),
  );
  const waters = L.layerGroup([line(rivers.map(points), { ...ground, color: waterColour, weight: 4 })]);
  // Roads lie above rivers whichever is switched on last.
  waters.on("add", () => waters.eachLayer((layer) => layer.bringToBack()));
  return { roads, waters };
}
