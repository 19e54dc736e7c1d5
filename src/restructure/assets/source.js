// Where a figure comes from: figures that are clicked, and the panel that answers, the same in every section of a page.
// act("trace", { what }) asks; `trace` of the view is the answer, null where nothing is asked.
function sourcePanel(root, act, ground) {
  const OPEN_TO = 2; // so many levels of a tree stand open at first
  let opener = ""; // what was clicked: it has the focus again in the end
  let asked = false; // whether the focus goes to the answer
  let trail = []; // what was asked before, from within the panel
  let seen = "null";

  const name = make("h3", "ที่มาของตัวเลข", { id: "trace-name" });
  const back = button("trace-back", "ย้อนกลับ", () => ask(trail.pop()));
  const place = make("div", "", { class: "map", role: "region" });
  const tree = make("ul", "", { class: "tree" });
  const panel = make("div", "", { id: "trace", popover: "manual", role: "dialog", "aria-labelledby": "trace-name", tabindex: "-1" }, [
    make("div", "", { class: "actions" }, [name, back, button("close-trace", "ปิด (Esc)", close)]), place, tree,
  ]);
  root.append(panel);
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen()) return;
    event.stopPropagation();
    close();
  });

  const isOpen = () => panel.matches(":popover-open");
  function ask(what) {
    asked = true;
    act("trace", { what });
  }
  function close() {
    panel.hidePopover();
    act("trace", { what: "" });
    panel.getRootNode().getElementById(opener)?.focus();
  }

  // A figure that tells where it comes from, or its words alone where that cannot be asked. One figure may stand in several places.
  const from = (at, what, words, of, attributes = {}) => (what ? button(`from-${at}-${what}`, words, (event) => {
    const figure = event.currentTarget;
    opener = figure.id;
    const { left, right } = figure.getBoundingClientRect();
    panel.classList.toggle("left", left + right > window.innerWidth); // beside what was clicked, not over it
    trail = [];
    ask(what);
  }, { class: "from", "data-what": what, "aria-haspopup": "dialog", "aria-label": `${words} ${of}: ดูที่มา`, ...attributes }) : words);
  // Cells of figures that come from one place: each can be clicked, the first is reached by keyboard.
  const figures = (at, what, of, texts) => texts.map((text, i) =>
    make("td", "", { class: "figure" }, [from(`${at}-${i}`, what, text, of, i ? { tabindex: "-1" } : {})]));

  function branch(step, depth, shown) {
    const more = step.source ? [make("small", `← ${step.source}`)] : [];
    if (step.way && step.way !== shown) {
      more.push(button(`way-${step.way}`, "ดูเส้นทางบนแผนที่", () => {
        trail.push(shown);
        ask(step.way);
      }));
    }
    if (!step.parts.length) return make("li", "", {}, [make("span", step.words), ...more]);
    return make("li", "", {}, [make("details", "", depth < OPEN_TO ? { open: "" } : {}, [
      make("summary", step.words), ...more, make("ul", "", {}, step.parts.map((part) => branch(part, depth + 1, shown))),
    ])]);
  }

  let map = null; // made when the first way is shown
  const ways = L.layerGroup();
  function drawWay(way) {
    place.hidden = !way;
    if (!way) return;
    if (!map) {
      map = groundMap(place, ground);
      ways.addTo(map.map);
    }
    const road = points(way.line);
    const gaps = [[way.ends[0], road[0]], [road.at(-1), way.ends[1]]]; // between a point and the road: not in the distance
    ways.clearLayers();
    ways.addLayer(line(road, { color: "#d55e00", weight: 5 })).addLayer(line(gaps, { color: "#1a1a1a", weight: 2, dashArray: "4 6" }));
    way.ends.forEach((end, i) => ways.addLayer(L.circleMarker(end, { radius: 7, color: "#1a1a1a", fillColor: "#fff", fillOpacity: 1, interactive: false })
      .bindTooltip(make("span", way.names[i]), { ...ABOVE, permanent: true })));
    place.setAttribute("aria-label", `เส้นทางจาก${way.names[0]} ไป${way.names[1]}`);
    map.see([...road, ...way.ends]);
  }

  function draw(trace) {
    for (const figure of root.querySelectorAll(".from")) figure.setAttribute("aria-expanded", String(figure.dataset.what === trace?.what));
    if (!panel.isConnected) return;
    const now = JSON.stringify(trace);
    if (now !== seen || isOpen() !== Boolean(trace)) {
      seen = now;
      panel.togglePopover(Boolean(trace));
      if (trace) {
        tree.replaceChildren(branch(trace, 0, trace.what));
        back.hidden = !trail.length;
        panel.scrollTo(0, 0);
        drawWay(trace.map);
        if (asked) panel.focus();
      }
    }
    asked = false;
  }
  return { from, figures, draw };
}
