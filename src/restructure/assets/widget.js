// What every widget shares: the page's side of restructure/widgets/_base.py. A kind of widget defines
//   function start(root, act, ground) { …fill root once…; return (view) => { …show a view… }; }
// and shows a view with make() and redraw(); act("name", { argument: value }) asks Python for an action.

// Python sends the parts of a view that have changed; the model holds the whole, for this page and for one opened anew.
function takeChanges({ model }) {
  model.on("msg:custom", ({ changed, gone }) => {
    if (!changed) return;
    const view = { ...model.get("view"), ...changed };
    for (const name of gone) delete view[name];
    model.set("view", view);
  });
}

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
  let telling = 0;
  function tell() {
    root.setAttribute("aria-busy", String(waiting.size > 0));
    clearTimeout(telling);
    // What is answered at once says nothing: words that come and go within a moment only flicker.
    if (!waiting.size) status.textContent = "";
    else if (!status.textContent) telling = setTimeout(() => { status.textContent = "กำลังทำงาน…"; }, 400);
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
  let again = top.getElementById(held.id);
  // What was pressed may be of no more use: whoever has no mouse goes on beside it.
  if (again?.disabled) again = again.parentElement.querySelector("button:not(:disabled)") ?? again;
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

// Presses on buttons, boxes and summaries, by mouse or by the space bar: between going down and coming up nothing may be
// drawn, or what is pressed is no longer there when it comes up. `released` is called after the click that follows.
function watchPresses(root, released) {
  const PRESSED = "button, summary, [role=button], input[type=checkbox], input[type=radio]";
  const presses = { down: false };
  function release() {
    if (!presses.down) return;
    setTimeout(() => { // after the click
      presses.down = false;
      released();
    }, 0);
  }
  // Not where a list opens: it may keep that the mouse was let go to itself.
  root.addEventListener("pointerdown", (event) => { presses.down = event.target.closest(PRESSED) !== null; }, true);
  root.addEventListener("keydown", (event) => { if (event.key === " " && event.target.closest(PRESSED)) presses.down = true; }, true);
  for (const name of ["pointerup", "pointercancel", "dragend", "keyup", "blur"]) window.addEventListener(name, release, true);
  return presses;
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
