"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const at = (id) => document.getElementById(id);
  const sessions = all("details.session");
  if (!sessions.length) return;
  const [search, format, source, kind, status] = ["search", "format", "source", "kind", "status"].map(at);

  const open = (element) => {
    for (let up = element; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
  };
  const beside = (element) => {
    const panel = element.closest(".source");
    return panel && getComputedStyle(panel).position === "sticky" ? panel : null;
  };
  const show = (element) => {
    open(element);
    const panel = beside(element);
    if (panel && panel.getBoundingClientRect().top < innerHeight / 2) {
      panel.scrollTop += element.getBoundingClientRect().top - panel.getBoundingClientRect().top - panel.clientHeight / 3;
    } else {
      element.scrollIntoView({ block: "center" });
    }
  };

  // A link to a turn moves the source beside the note, not the note; the sentence's other turns light up too.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    const target = link && at(decodeURIComponent(link.hash.slice(1)));
    if (!target) return;
    all(".lit").forEach((lit) => lit.classList.remove("lit"));
    open(target);
    if (!target.closest(".source")) return;
    all(".links a", link.closest(".sentence, li, tr") || link.parentElement).forEach((other) => {
      const turn = at(other.hash.slice(1));
      if (turn) turn.classList.add("lit");
    });
    if (!beside(target)) return; // one column: follow the link, the browser's back button returns to the note
    event.preventDefault();
    history.replaceState(null, "", link.hash);
    show(target);
  });
  const arrive = () => {
    const target = location.hash && at(decodeURIComponent(location.hash.slice(1)));
    if (target) show(target);
  };
  addEventListener("hashchange", arrive);

  for (const [select, key] of [[format, "format"], [source, "source"]]) {
    const values = new Set(all(`.draft[data-${key}]`).map((draft) => draft.dataset[key]));
    values.forEach((value) => value && select.add(new Option(value, value)));
  }
  const texts = new Map();
  const text = (session) => {
    if (!texts.has(session)) texts.set(session, session.textContent.toLowerCase());
    return texts.get(session);
  };
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    sessions.forEach((session) => {
      session.hidden = !words.every((word) => text(session).includes(word));
      left += !session.hidden;
    });
    all(".session [data-format]").forEach((part) => {
      const wrongSource = source.value && part.dataset.source && part.dataset.source !== source.value;
      part.hidden = Boolean((format.value && part.dataset.format !== format.value) || wrongSource);
    });
    status.textContent = words.length ? `${left} of ${sessions.length} sessions` : "";
    here = -1;
  };
  let here = -1;
  const go = (step) => {
    const wanted = kind.value ? `[data-find="${kind.value}"]` : '[data-find]:not([data-find=""])';
    const places = all(wanted).filter((place) => !place.closest("[hidden]"));
    all(".here").forEach((old) => old.classList.remove("here"));
    if (!places.length) {
      status.textContent = "nothing of this kind";
      return;
    }
    here = (here + step + places.length) % places.length;
    const place = places[here];
    place.classList.add("here");
    show(place);
    place.focus({ preventScroll: true });
    status.textContent = `${here + 1} of ${places.length}, ${place.closest(".session").dataset.id}`;
  };
  search.addEventListener("input", filter);
  [format, source].forEach((select) => select.addEventListener("change", filter));
  kind.addEventListener("change", () => { here = -1; });
  at("next").addEventListener("click", () => go(1));
  at("previous").addEventListener("click", () => go(here < 0 ? 0 : -1));
  at("tools").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const action = { n: () => go(1), p: () => go(here < 0 ? 0 : -1), "/": () => { open(search); search.focus(); } }[event.key];
    if (action) { event.preventDefault(); action(); }
  });
  at("tools").hidden = false;
  document.querySelector("details.tools").open = matchMedia("(min-width: 1080px)").matches;
  arrive();
})();
