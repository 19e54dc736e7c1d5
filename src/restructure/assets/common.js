// What every page shares besides drawing.js.
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

// A box to switch each layer, by key: its words, the layer, and maybe a picture of it.
function offerLayers(map, place, layers) {
  function setLayer(key, on) {
    byId(`layer-${key}`).checked = on;
    if (on) map.addLayer(layers[key][1]);
    else map.removeLayer(layers[key][1]);
  }
  for (const [key, [word, , picture]] of Object.entries(layers)) {
    const box = make("input", "", { type: "checkbox", id: `layer-${key}`, onchange: (event) => setLayer(key, event.target.checked) });
    const label = make("label", "", {}, [box, ` ${word}`]);
    if (picture) box.insertAdjacentHTML("afterend", ` ${picture}`);
    place.append(label);
  }
  return setLayer;
}

// Paper gets the view that is on the screen, made smaller where it is too large: canvas is not drawn anew in time.
function printAsSeen(mostWidth, mostHeight) {
  const box = byId("map");
  window.addEventListener("beforeprint", () => {
    const { clientWidth: width, clientHeight: height } = box;
    const zoom = Math.min(1, mostWidth / width, mostHeight() / height);
    Object.assign(box.style, { width: `${width}px`, height: `${height}px`, zoom });
  });
  window.addEventListener("afterprint", () => Object.assign(box.style, { width: "", height: "", zoom: "" }));
}

// --- Words around the map ---
byId("name").textContent = data.name;
byId("office").textContent = `${data.office} ปีงบประมาณ ${data.year}`;
byId("synthetic").textContent = data.synthetic;
byId("synthetic").hidden = !data.synthetic;
byId("internal").textContent = data.internal;
byId("foot").append(data.foot.join(" · "));
if (data.credit) byId("foot").append(" · ", make("a", data.credit, { href: "https://www.openstreetmap.org/copyright", rel: "noreferrer" }));

