"use strict";
(() => {
  const main = document.querySelector("main");
  const sections = [...main.querySelectorAll("section")];

  // The list of contents becomes tabs; one more shows everything.
  const list = document.querySelector("nav ul");
  const links = [...list.querySelectorAll("a")];
  list.setAttribute("role", "tablist");
  const tabs = links.map((link, i) => tab(link.textContent, sections[i].id, [sections[i]], link.parentNode));
  const item = list.appendChild(document.createElement("li"));
  tabs.push(tab(main.dataset.all, "all", sections, item));

  function tab(text, id, shown, item) {
    const button = document.createElement("button");
    button.type = "button";
    button.id = "tab-" + id;
    button.textContent = text;
    button.setAttribute("role", "tab");
    if (shown.length === 1) {
      button.setAttribute("aria-controls", id);
      shown[0].setAttribute("role", "tabpanel");
    }
    item.setAttribute("role", "presentation");
    item.replaceChildren(button);
    button.addEventListener("click", () => show(button));
    button.shown = shown;
    return button;
  }

  function show(button) {
    for (const other of tabs) {
      const on = other === button;
      other.setAttribute("aria-selected", on);
      other.tabIndex = on ? 0 : -1;
    }
    for (const section of sections) section.hidden = !button.shown.includes(section);
    // On a phone the tabs are one row that is pushed.
    button.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = tabs.indexOf(document.activeElement);
    if (at < 0) return;
    let next = null;
    if (step) next = tabs[(at + step + tabs.length) % tabs.length];
    if (event.key === "Home") next = tabs[0];
    if (event.key === "End") next = tabs[tabs.length - 1];
    if (!next) return;
    event.preventDefault();
    show(next);
    next.focus();
  });
  const asked = tabs.find((tab) => "#" + tab.id.slice(4) === location.hash);
  show(asked || tabs[0]);

  // Columns sort their table, by figures where there are any.
  for (const table of document.querySelectorAll("table.sorts")) {
    const body = table.tBodies[0];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const key = (row) => {
          const cell = row.cells[column];
          const text = cell.dataset.sort ?? cell.textContent.trim();
          return text === "" || isNaN(text) ? text : Number(text);
        };
        const rows = [...body.rows].map((row) => [key(row), row]);
        rows.sort(([a], [b]) => {
          const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
          return up ? order : -order;
        });
        body.append(...rows.map(([, row]) => row));
      });
    });
  }

  // What is folded is printed too; what is folded in a cell, in a row of its own below.
  let undo = [];
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) {
      const row = details.closest("tr");
      const open = details.open;
      undo.push(() => (details.open = open));
      details.open = !row;
      if (!row) continue;
      const told = row.parentNode.insertBefore(document.createElement("tr"), row.nextSibling);
      told.className = "told";
      const cell = told.insertCell();
      cell.colSpan = row.cells.length;
      for (const part of details.children) {
        if (part.tagName !== "SUMMARY") cell.append(part.cloneNode(true));
      }
      undo.push(() => told.remove());
    }
  });
  addEventListener("afterprint", () => {
    for (const step of undo.splice(0)) step();
  });

  // The basin day by day, where the page has it.
  const map = document.getElementById("map-data");
  if (!map) return;
  const data = JSON.parse(map.textContent);
  const slider = document.getElementById("map-day");
  const date = document.getElementById("map-date");
  const by = (name) => [...document.querySelectorAll("[data-" + name + "]")].map((element) => [element, Number(element.dataset[name])]);
  const paths = by("reach"), flows = by("flow"), takes = by("take"), stores = by("store"), volumes = by("volume");
  const text = (value) => (value < 10 ? String(value) : value.toLocaleString("en").replaceAll(",", "\u202f"));

  function day(at) {
    slider.value = at;
    slider.setAttribute("aria-valuetext", data.days[at]);
    date.textContent = data.days[at];
    for (const [path, r] of paths) {
      const flow = Math.max(0, data.reaches[r][at]);
      path.setAttribute("stroke-width", (1 + data.widest * Math.sqrt(flow / data.highest)).toFixed(1));
    }
    for (const [label, r] of flows) label.textContent = text(data.reaches[r][at]);
    for (const [label, i] of takes) label.textContent = text(data.takes[i][at]);
    for (const [label, k] of volumes) label.textContent = text(data.volumes[k][at]);
    for (const [fill, k] of stores) {
      const lake = fill.previousElementSibling;
      const high = 30 * Math.min(1, Math.max(0, data.stores[k][at]));
      fill.setAttribute("height", high.toFixed(1));
      fill.setAttribute("y", (Number(lake.getAttribute("y")) + 30 - high).toFixed(1));
    }
  }
  const last = data.days.length - 1;
  const go = (to) => day(Math.min(last, Math.max(0, to)));
  slider.addEventListener("input", () => go(Number(slider.value)));
  document.getElementById("map-back").addEventListener("click", () => go(Number(slider.value) - 1));
  document.getElementById("map-on").addEventListener("click", () => go(Number(slider.value) + 1));
  const play = document.getElementById("map-play");
  let timer = null;
  play.addEventListener("click", () => {
    if (timer) {
      clearInterval(timer);
      timer = null;
    } else {
      if (Number(slider.value) === last) go(0);
      timer = setInterval(() => {
        if (Number(slider.value) === last) play.click();
        else go(Number(slider.value) + 1);
      }, 120);
    }
    play.textContent = timer ? play.dataset.stop : play.dataset.play;
  });
  day(0);
})();
