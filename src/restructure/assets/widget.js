// What every widget shares: the page's side of restructure/widgets/_base.py. A kind of widget defines
//   function start(root, act, ground) { …fill root once…; return (view) => { …show a view… }; }
// and shows a view with make() and redraw(); act("name", { argument: value }) asks Python for an action.

// Everything lies in a shadow root: neither the notebook's style nor the widget's reaches the other, ids are its own.
function show({ model, el }, start) {
  const box = make("div", "", { class: "restructure", lang: "th", "data-lm-suppress-shortcuts": "true" });
  el.append(box);
  const shadow = box.attachShadow({ mode: "open" });
  const status = make("p", "", { id: "status", role: "status" });
  const error = make("p", "", { id: "error", role: "alert", hidden: "" });
  const root = make("div", "", { id: "root" });
  shadow.append(make("style", STYLE), make("section", "", { id: "widget" }, [root, error, status]));

  // Actions on their way. What is asked meanwhile waits its turn; the mouse is held back, for the view is about to change.
  const waiting = new Set();
  function tell() {
    root.setAttribute("aria-busy", String(waiting.size > 0));
    status.textContent = waiting.size ? "กำลังทำงาน…" : "";
  }
  function act(action, args = {}) {
    const id = `${Date.now()}-${Math.random()}`;
    waiting.add(id);
    tell();
    model.send({ id, action, arguments: args });
  }
  const draw = start(root, act, model.get("ground"));
  function update() {
    const view = model.get("view");
    error.textContent = view.error;
    error.hidden = !view.error;
    draw(view);
  }
  // Whatever came of an action, the page shows again what Python holds, not what was chosen.
  function heard(message) {
    if (!waiting.delete(message.done) || waiting.size) return;
    update();
    tell();
  }
  function changed() {
    if (!waiting.size) update();
  }
  model.on("change:view", changed);
  model.on("msg:custom", heard);
  update();
  tell();
  return () => {
    model.off("change:view", changed);
    model.off("msg:custom", heard);
  };
}

// Replace what a box shows; what has an id keeps its focus, its cursor and how far it is scrolled.
function redraw(box, children) {
  const top = box.getRootNode();
  const focused = top.activeElement;
  const held = focused && box.contains(focused) ? { id: focused.id, at: focused.selectionStart } : null;
  const scrolled = [...box.querySelectorAll("[id]")].filter((e) => e.scrollTop || e.scrollLeft)
    .map((e) => [e.id, e.scrollTop, e.scrollLeft]);
  box.replaceChildren(...children);
  for (const [id, y, x] of scrolled) top.getElementById(id)?.scrollTo(x, y);
  if (!held?.id) return;
  const again = top.getElementById(held.id);
  again?.focus({ preventScroll: true });
  if (again?.type === "search" || again?.type === "text") again.setSelectionRange(held.at, held.at);
}

// A list to choose from, with its words before it: entries are [value, words].
function chooser(id, words, entries, chosen, onchoose) {
  const select = make("select", "", { id, onchange: (event) => onchoose(event.target.value) },
    entries.map(([value, text]) => make("option", text, { value })));
  select.value = chosen;
  return make("label", words, {}, [" ", select]);
}

const button = (id, words, onclick, attributes = {}) => make("button", words, { id, type: "button", onclick, ...attributes });

// A map over the office's own roads. `see(places)` shows all of some points, now or when the map comes into sight.
function groundMap(box, ground, panes = []) {
  const map = makeMap(box, [["ground", 350, "none"], ...panes]);
  const { roads, waters } = drawGround(ground);
  waters.addTo(map);
  roads.addTo(map);
  if (ground.credit) {
    L.control.attribution({ prefix: false }).addTo(map).addAttribution(ground.credit);
  }
  let wanted = ground.roads.flatMap((group) => group.lines.flatMap((steps) => points(steps).slice(0, 1)));
  function see(places) {
    if (places.length) wanted = places;
    if (box.clientWidth && wanted.length) {
      map.fitBounds(L.latLngBounds(wanted), { padding: [24, 24], maxZoom: 15, animate: false });
      wanted = [];
    }
  }
  // Notebooks make their widgets before these have a place and a size.
  new ResizeObserver(() => {
    map.invalidateSize({ animate: false });
    see([]);
  }).observe(box);
  return { map, see };
}
